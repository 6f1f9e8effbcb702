import type { Digest } from '../../contract/names.ts';
import { GROUP_VERSION } from '../../contract/names.ts';
import { Appliance, APPLIANCE_NAME, Operation, ReleaseObject } from '../../contract/objects.ts';
import { Problem, safeLine, type ProblemBody } from '../../contract/problem.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { digestOfBytes } from '../../core/release/digest.ts';
import { parseReleaseDocument } from '../../core/release/parse.ts';
import type { KubeObject, Ports } from '../ports.ts';

/** The Appliance. Throws Problem cluster.not-found before there is one, cluster.bad-answer when it cannot be read. */
export async function readAppliance(cluster: Ports['cluster'], signal: AbortSignal): Promise<Appliance> {
  const ref = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME };
  const found = await cluster.get(ref, signal);
  if (found === undefined) throw new Problem('cluster.not-found', `Appliance ${APPLIANCE_NAME} is not there`);
  // The status is ours and is written anew; a damaged one must not keep the box from working.
  const parsed = Appliance.safeParse({ ...found, status: undefined });
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new Problem('cluster.bad-answer', `Appliance ${APPLIANCE_NAME} cannot be read: ${where}`);
}

export interface Read<T> {
  readonly value: T;
  /** What was left out because it cannot be read. */
  readonly problems: readonly ProblemBody[];
}

/** Operations, newest first; one that cannot be read is left out. */
export async function readOperations(
  cluster: Ports['cluster'],
  signal: AbortSignal,
): Promise<Read<readonly Operation[]>> {
  const found = await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Operation' }, { signal });
  const problems: ProblemBody[] = [];
  const operations = found.flatMap((object) => {
    const parsed = Operation.safeParse(typed(object, 'Operation'));
    if (parsed.success) return [parsed.data];
    problems.push(unreadable('cluster.bad-answer', object));
    return [];
  });
  return { value: operations.sort(newestFirst), problems };
}

/** Names begin with the time in UTC; creation decides where clocks were turned. */
function newestFirst(a: Operation, b: Operation): number {
  const made = (one: Operation): string => one.metadata.creationTimestamp ?? '';
  if (made(a) !== made(b)) return made(a) < made(b) ? 1 : -1;
  return a.metadata.name < b.metadata.name ? 1 : -1;
}

/**
 * Releases by digest, with their documents parsed. A Release whose bytes are not those of its name is left out: nothing may run from it.
 * `parsed` keeps documents across cycles; an entry counts only for the very same text.
 */
export async function readReleases(
  cluster: Ports['cluster'],
  parsed: Map<string, KnownRelease>,
  signal: AbortSignal,
): Promise<Read<ReadonlyMap<Digest, KnownRelease>>> {
  const found = await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Release' }, { signal });
  const problems: ProblemBody[] = [];
  const releases = new Map<Digest, KnownRelease>();
  for (const object of found) {
    const known = knownRelease(object, parsed.get(object.metadata.name));
    if (known === undefined) {
      problems.push(unreadable('release.damaged', object));
      continue;
    }
    parsed.set(object.metadata.name, known);
    releases.set(known.digest, known);
  }
  const names = new Set(found.map(({ metadata }) => metadata.name));
  for (const name of parsed.keys()) if (!names.has(name)) parsed.delete(name);
  return { value: releases, problems };
}

function knownRelease(raw: KubeObject, before: KnownRelease | undefined): KnownRelease | undefined {
  const object = ReleaseObject.safeParse(typed(raw, 'Release'));
  if (!object.success) return undefined;
  const { digest, document, upgradedFrom } = object.data.spec;
  if (before?.object.spec.document === document && before.digest === digest) {
    return { object: object.data, release: before.release, digest };
  }
  const bytes = Buffer.from(document, 'base64');
  // A document of the predecessor is stored as what it was read as, under the digest of what was published.
  if (upgradedFrom === undefined && digestOfBytes(bytes) !== digest) return undefined;
  const release = parseReleaseDocument(bytes);
  if (!release.ok || release.value.kind !== 'release') return undefined;
  return { object: object.data, release: release.value.release, digest };
}

/** Items of a list may come without kind and apiVersion. */
const typed = (object: KubeObject, kind: string): unknown => ({ ...object, apiVersion: GROUP_VERSION, kind });

const unreadable = (code: ProblemBody['code'], { metadata }: KubeObject): ProblemBody => ({
  code,
  detail: safeLine(`object ${metadata.name} cannot be read and is left out`),
  subject: metadata.name.slice(0, 256),
});
