import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { COMPONENT_LABEL, ReleaseObject } from 'host-service/contract/objects.ts';
import { Release } from 'host-service/contract/release.ts';
import { observeHealth } from 'host-service/engine/observe/health.ts';
import type { Prober } from 'host-service/engine/ports.ts';
import { describe, expect, it } from 'vitest';
import { digestFor, releaseJson } from '../fixtures/documents.ts';
import { WorldCluster } from './world/cluster.ts';

const release = Release.parse(
  releaseJson({
    components: [
      {
        name: 'web-bootstrap',
        kind: 'Job',
        namespace: 'msp',
        tier: 'core',
        title: 'Preparing the database',
        images: ['web'],
        gate: true,
      },
    ],
  }),
);
const object = ReleaseObject.parse({
  apiVersion: GROUP_VERSION,
  kind: 'Release',
  metadata: { name: 'r' },
  spec: {
    digest: digestFor('document'),
    version: release.version,
    repository: 'registry.example.com/vendor/appliance-release',
    source: 'channel',
    document: '',
    signed: true,
    admittedAt: '2026-11-21T12:00:00Z',
  },
});
const pinned = release.images['web']!.digest;
const prober: Prober = { probe: () => Promise.reject(new Error('a Job is not probed')) };

/** Jobs in the order in which they were made, a minute apart; then what the gate says. */
async function gate(
  ...jobs: readonly {
    readonly name: string;
    readonly label?: string;
    readonly digest: string;
    readonly done: boolean;
  }[]
): Promise<readonly (string | undefined)[]> {
  let minute = 0;
  const world = new WorldCluster(() => new Date(Date.UTC(2026, 10, 21, 12, minute)));
  world.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'msp' } });
  for (const { name, label, digest, done } of jobs) {
    minute += 1;
    const labels = label === undefined ? {} : { [COMPONENT_LABEL]: label };
    const containers = [{ name: 'main', image: `registry.example.com/vendor/web:1@${digest}` }];
    const status = done
      ? { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] }
      : { active: 1 };
    const metadata = { name, namespace: 'msp', labels };
    world.store.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: { template: { spec: { containers } } },
      status,
    });
  }
  const health = await observeHealth(
    { cluster: world.client({ by: 'test' }).port, prober },
    { known: { object, release, digest: object.spec.digest }, equivalents: new Map(), jobsFinished: false },
    new AbortController().signal,
  );
  return health.map(({ state }) => state);
}

describe('a Job of the expected set', () => {
  const old = {
    name: 'web-bootstrap-aaaaaaaa',
    label: 'web-bootstrap',
    digest: digestFor('old'),
    done: true,
  };
  const next = { name: 'web-bootstrap-bbbbbbbb', label: 'web-bootstrap', digest: pinned, done: true };

  it('R7 is found by its label when its name carries a hash of its work', async () => {
    expect(await gate(next)).toEqual(['ready']);
    expect(await gate({ ...next, done: false })).toEqual(['progressing']);
  });

  it('R7 is the newest of its label: one of the release before proves nothing', async () => {
    expect(await gate(old)).toEqual(['progressing']);
    expect(await gate(old, next)).toEqual(['ready']);
  });

  it('is missing when only the name begins alike, and found by exact name without label', async () => {
    expect(await gate({ name: 'web-bootstrap-extra', digest: pinned, done: true })).toEqual(['missing']);
    expect(await gate({ name: 'web-bootstrap', digest: pinned, done: true })).toEqual(['ready']);
  });
});
