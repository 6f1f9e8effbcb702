import { expect } from 'vitest';
import type { KubeObject } from '../kube.ts';
import { GROUP, HELM_RELEASES, ROOT_KUSTOMIZATION, SOURCE, type Scene } from './scene.ts';

/** The value at a path of an object, or undefined. */
export function at(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key) as unknown;
  }
  return value;
}

function condition(object: KubeObject, type: string): unknown {
  const all = at(object, 'status', 'conditions');
  return Array.isArray(all)
    ? at(
        all.find((one) => at(one, 'type') === type),
        'status',
      )
    : undefined;
}

/** Operations, oldest first (their names start with the time). */
export async function operations(scene: Scene): Promise<readonly KubeObject[]> {
  const all = await scene.world.kube.list(`${GROUP}/operations`);
  return all.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

/** What was done, in order: verb, version, outcome of each operation. */
export async function journalOf(scene: Scene): Promise<readonly (readonly unknown[])[]> {
  return (await operations(scene)).map((one) => [
    at(one, 'spec', 'verb'),
    at(one, 'spec', 'to', 'version'),
    at(one, 'status', 'outcome'),
  ]);
}

export const releases = (scene: Scene): Promise<readonly KubeObject[]> =>
  scene.world.kube.list(`${GROUP}/releases`);

/** Helm revision of each of the product's releases. */
export async function helmRevisions(scene: Scene): Promise<Readonly<Record<string, unknown>>> {
  const all = await scene.world.kube.list(HELM_RELEASES);
  return Object.fromEntries(
    all.map((one) => [one.metadata.name, at(one, 'status', 'history', '0', 'version')]),
  );
}

/** The parsed document of a Release object. */
export function documentOf(release: KubeObject): unknown {
  const text = Buffer.from(String(at(release, 'spec', 'document')), 'base64').toString('utf8');
  return JSON.parse(text) as unknown;
}

/**
 * Source and Kustomization stand at exactly the digest that the release pins, observed and Ready, and each HelmRelease runs the
 * chart digest of the release. Asked of the real controllers' own status.
 */
export async function expectPinned(scene: Scene, version: string): Promise<void> {
  const release = (await releases(scene)).find((one) => at(one, 'spec', 'version') === version);
  if (release === undefined) throw new Error(`no Release object of ${version}`);
  const document = documentOf(release);
  const digest = at(document, 'config', 'digest');
  const source = await scene.get(SOURCE);
  expect(at(source, 'spec', 'ref')).toEqual({ digest });
  expect(at(source, 'metadata', 'annotations', 'appliance.nineminds.com/release')).toBe(
    at(release, 'spec', 'digest'),
  );
  expect(at(source, 'status', 'artifact', 'revision')).toBe(digest);
  expect([condition(source, 'Ready'), at(source, 'status', 'observedGeneration')]).toEqual([
    'True',
    source.metadata.generation,
  ]);
  const kustomization = await scene.get(ROOT_KUSTOMIZATION);
  expect(String(at(kustomization, 'status', 'lastAppliedRevision'))).toContain(String(digest));
  expect(condition(kustomization, 'Ready')).toBe('True');
  for (const helm of await scene.world.kube.list(HELM_RELEASES)) {
    const charts = Object.values(Object(at(document, 'charts')) as Record<string, unknown>);
    const pinned = charts.map((chart) => at(chart, 'digest'));
    expect(pinned).toContain(at(helm, 'status', 'lastAttemptedRevisionDigest'));
    expect([helm.metadata.name, condition(helm, 'Ready')]).toEqual([helm.metadata.name, 'True']);
  }
}
