import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { contract } from './setup-ui/contract-plugin.ts';
import { words } from './setup-ui/words-plugin.ts';

const LONG_BROWSER = [
  'claim',
  'gallery',
  'kill',
  'interrupted',
  'faults',
  'network',
  'reload',
  'setup',
  'together',
].map((name) => `test/browser/${name}.test.ts`);

/** Tests that take long because they cut the power at every write or build a whole image: part of .ci/run and of `npm run test:long`. */
const LONG = [
  'test/flow/roll-kill.test.ts',
  'test/flow/embedded-story.test.ts',
  'test/flow/embedded-storage.test.ts',
  'test/flow/checks-embedded.test.ts',
  'test/flow/cli-story.test.ts',
  'test/edges/publish/publish-doc.test.ts',
  'test/edges/api-control-plane.test.ts',
  'test/edges/setup-box.test.ts',
  'test/edges/network-way.test.ts',
  'test/edges/image.test.ts',
  'test/edges/agent-process.test.ts',
];

/** Tests in a real browser; at most two files at a time, because each starts a box of its own. */
function browser(name: string, include: string[], exclude: string[] = []): TestProjectConfiguration {
  return {
    test: {
      name,
      include,
      exclude,
      globalSetup: ['test/browser/support/build-page.ts'],
      testTimeout: 90_000,
      hookTimeout: 60_000,
      maxWorkers: 2,
    },
  };
}

/** Tiers: docs/develop.md says what each may use. The cluster tier has its own runner (test/cluster/run.ts). */
export default defineConfig({
  test: {
    // Many tests wait for other processes: two at a time also where vitest would take one.
    maxWorkers: 2,
    projects: [
      {
        // The page's words and contract are compiled while building; the rest of the page needs nothing special.
        plugins: [words(), contract()],
        define: { __GALLERY__: 'true' },
        test: {
          name: 'unit',
          include: ['host-service/**/*.test.ts', 'setup-ui/src/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', 'host-service/{oci-client-lite,systemd-notify}/test/**'],
          // Deadlines are far away: only a machine with much else to do comes near them.
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'flow',
          include: ['test/flow/**/*.test.ts'],
          exclude: LONG,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'long', include: LONG, testTimeout: 180_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'edges',
          include: [
            'test/edges/**/*.test.ts',
            'host-service/{oci-client-lite,systemd-notify}/test/**/*.test.ts',
          ],
          exclude: LONG,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'architecture',
          include: ['test/architecture/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      browser('browser', ['test/browser/*.test.ts'], LONG_BROWSER),
      // Minutes, because they kill and break things at many moments: part of .ci/run and of `npm run test:browser`.
      browser('browser-long', LONG_BROWSER),
      {
        test: {
          name: 'boot',
          include: ['test/boot/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cluster',
          // The same story in a browser, on real parts.
          include: ['test/cluster/**/*.test.ts', 'test/browser/real/**/*.test.ts'],
          globalSetup: ['test/browser/support/build-page.ts'],
          testTimeout: 180_000,
          hookTimeout: 900_000,
          // Each file has a world of its own; the longest alone takes a third of the time of all.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'node',
          // Started by test/node/run.ts, which makes the room that a node needs; elsewhere its tests are skipped.
          include: ['test/node/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        // A real systemd, in a container and in a virtual machine; its runner (test/vm/run.ts) makes what it needs.
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
