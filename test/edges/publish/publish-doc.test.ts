import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MEDIA, Version } from 'host-service/contract/names.ts';
import { imageOf, writeLayout } from '../../../scripts/build/image-layout.ts';
import { layerOf } from '../../../scripts/build/image-layer.ts';
import { cacheFolder, executable } from '../../cluster/tools.ts';
import { startRegistry, type TestRegistry } from './real-registry.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
/** Each line is a program of its own, and the machine may have much else to do. */
const PATIENCE_MS = 240_000;
const CONTROLLERS = ['source-controller', 'kustomize-controller', 'helm-controller'];

let folder = '';
let registry: TestRegistry;

/** Definitions of the delivery controllers where they were built; else a stand-in, and the lock file has no say. */
async function definitions(): Promise<void> {
  for (const name of CONTROLLERS) {
    const crds = join(await cacheFolder(name), 'crds');
    if (await executable(crds)) await cp(crds, join(folder, 'crds'), { recursive: true });
    else return standIn();
  }
}

async function standIn(): Promise<void> {
  await rm(join(folder, 'flux-base/flux/crds.lock.yaml'));
  await mkdir(join(folder, 'crds'), { recursive: true });
  const object = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.b' },
  };
  await writeFile(join(folder, 'crds/a.yaml'), JSON.stringify(object));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-doc-'));
  registry = await startRegistry();
  await cp(join(ROOT, 'flux-base'), join(folder, 'flux-base'), { recursive: true });
  await cp(join(ROOT, 'test/fixtures/charts'), join(folder, 'charts'), { recursive: true });
  await definitions();
  await mkdir(join(folder, 'bin'));
  await symlink(join(ROOT, 'host-service/bin/appliance-publish.ts'), join(folder, 'bin/appliance-publish'));
});
afterAll(async () => {
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

const TOP = /```sh\n(.*?)```/gs;
const Words = z.object({ out: z.string(), version: z.string(), revision: z.string() });
type Words = z.infer<typeof Words>;
const Manifest = z.looseObject({ config: z.looseObject({ data: z.base64() }) });

/** The lines of the first blocks of commands in docs/release.md. */
async function blocks(): Promise<readonly (readonly string[])[]> {
  const text = await readFile(join(ROOT, 'docs/release.md'), 'utf8');
  return [...text.matchAll(TOP)].map(([, block = '']) => block.trim().split('\n'));
}

function surroundings(version: string): NodeJS.ProcessEnv {
  const own = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']];
  const path = own.join(delimiter);
  return {
    ...process.env,
    ...{ PATH: path, R: registry.host, REV: 'main@sha1:0', V: version, DOCKER_CONFIG: folder },
  };
}
const bash = (lines: readonly string[], cwd: string, env: NodeJS.ProcessEnv) =>
  run('bash', ['-euo', 'pipefail', '-c', lines.join('\n')], { cwd, env });

/** What the shell makes of the options of the line that builds the image. */
async function wordsOf(build: string, env: NodeJS.ProcessEnv): Promise<Words> {
  const { stdout } = await bash([build.replace('npm run image --', "printf '%s\\n'")], folder, env);
  const { values } = parseArgs({
    args: stdout.trim().split('\n'),
    options: { out: { type: 'string' }, version: { type: 'string' }, revision: { type: 'string' } },
  });
  return Words.parse(values);
}

/** Writes an image in the form of `npm run image`, with next to nothing in it; answers its digest. */
async function smallImage({ out, version, revision }: Words): Promise<string> {
  const to = join(folder, out);
  const about = {
    ...{ version: Version.parse(version), sourceRevision: revision },
    ...{ built: '2027-01-15T08:00:00Z', contract: 1 },
  };
  const layer = await layerOf('app', new Map([['app/name', { bytes: Buffer.from('control plane') }]]));
  const image = imageOf({ about, architecture: 'amd64', layers: [layer], licences: ['Apache-2.0'] });
  await writeLayout(to, image, about, 'amd64');
  return image.digest;
}

/** The lines before the one that makes the release, and the others. */
function around(lines: readonly string[]): readonly [readonly string[], readonly string[]] {
  const at = lines.findIndex((line) => line.startsWith('appliance-publish release '));
  expect(at).toBeGreaterThan(0);
  return [lines.slice(0, at), lines.slice(at)];
}

/** What the release document of a version says of the control plane. */
async function publishedControlPlane(version: string): Promise<unknown> {
  const url = `http://${registry.host}/v2/alga-appliance-release/manifests/${version}`;
  const answer = await fetch(url, { headers: { accept: MEDIA.imageManifest } });
  const { config } = Manifest.parse(await answer.json());
  return Reflect.get(Object(JSON.parse(Buffer.from(config.data, 'base64').toString('utf8'))), 'controlPlane');
}

describe('docs/release.md', () => {
  it(
    'turns an empty registry into an installable, signed channel in ten lines',
    async () => {
      const [lines = []] = await blocks();
      expect(lines).toHaveLength(10);
      const env = surroundings('1.0.0');
      await bash(lines, folder, env);

      const verify = [
        'verify',
        `${registry.host}/alga-appliance-release:stable-v2`,
        '--trust',
        'trust.yaml',
        '--json',
      ];
      const { stdout } = await run('appliance-publish', verify, { cwd: folder, env });
      expect(JSON.parse(stdout)).toMatchObject({
        result: 'resolved',
        version: '1.0.0',
        channel: 'stable',
        keyIds: ['release-1', 'channel-1'],
      });
    },
    PATIENCE_MS,
  );

  it(
    'puts the control plane as it was built into a release by two lines more',
    async () => {
      const [lines = [], [build = '', push = '', ...others] = []] = await blocks();
      expect(others).toEqual([]);
      const env = surroundings('1.1.0');
      // The image itself takes minutes: test/edges/image.test.ts builds it. Here its command is asked whether it knows these words.
      const usage = await bash([`${build} --help`], ROOT, env);
      expect(usage.stdout).toContain('npm run image [-- OPTIONS]');
      const words = await wordsOf(build, env);
      const digest = await smallImage(words);

      // The keys are there, and nothing overwrites them.
      const [before, after] = around(lines.filter((line) => !line.startsWith('appliance-publish keys ')));
      await bash([...before, push, ...after], folder, env);
      expect(await publishedControlPlane('1.1.0')).toMatchObject({
        ...{ repository: `${registry.host}/alga-appliance-control-plane`, digest, version: '1.1.0' },
      });
    },
    PATIENCE_MS,
  );
});
