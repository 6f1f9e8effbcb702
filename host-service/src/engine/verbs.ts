import type { z } from 'zod';
import {
  ApplianceSpec,
  type Actor,
  type ApplianceStatus,
  type Intent,
  type SettingValue,
  type UpdatePolicy,
  type VerbRequest,
} from '../contract/appliance.ts';
import { GROUP_VERSION, type Digest } from '../contract/names.ts';
import { Appliance, APPLIANCE_NAME, Operation, ReleaseObject } from '../contract/objects.ts';
import { Problem } from '../contract/problem.ts';
import { isOlder, leadsBack } from '../core/decide/versions.ts';
import { parseReleaseDocument } from '../core/release/parse.ts';
import type { Cluster, KubeObject } from './ports.ts';

/** What people can do, on the objects themselves: the code behind the command line now and the API later. All throw Problem. */
type Reads = Pick<Cluster, 'get' | 'list'>;
type Writes = Pick<Cluster, 'get' | 'list' | 'replace'>;

const REF = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME } as const;
/** So often a write is repeated when only the status has moved meanwhile. */
const TRIES = 8;
/** As many requests as the contract lets stand. */
const MAX_REQUESTS = 32;

/** The Appliance as it is. Problem cluster.not-found before the control plane has made it. */
export async function readAppliance(cluster: Reads, signal: AbortSignal): Promise<Appliance> {
  return (await readRaw(cluster, signal)).appliance;
}

/** The status as the engine wrote it last; undefined before its first cycle. */
export async function readStatus(cluster: Reads, signal: AbortSignal): Promise<ApplianceStatus | undefined> {
  return (await readAppliance(cluster, signal)).status;
}

/** Operations, newest first. */
export async function readOperations(cluster: Reads, signal: AbortSignal): Promise<readonly Operation[]> {
  const found = await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Operation' }, { signal });
  const operations = found.flatMap((object) => Operation.safeParse(object).data ?? []);
  return operations.sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
}

/** A change of the spec: only what is given changes; `null` takes a value away. */
export interface SpecChange {
  readonly intent?: { readonly [K in keyof Intent]?: Intent[K] | null };
  readonly settings?: Readonly<Record<string, z.infer<typeof SettingValue> | null>>;
  readonly updatePolicy?: Partial<UpdatePolicy>;
}

/**
 * Changes what the person wants. Read, compare, PUT with the resourceVersion: unknown members survive, and a conflict is repeated only while
 * the intent itself is unchanged. Answers the new revision. Problems request.conflict (somebody else changed it; `expected` differs),
 * request.invalid.
 */
export async function setIntent(
  cluster: Writes,
  change: SpecChange,
  options: { readonly actor: Actor; readonly expected?: number | undefined },
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number }> {
  return changeSpec(cluster, options.expected, signal, (spec) => ({
    ...spec,
    intent: { ...merged(spec['intent'], change.intent), actor: options.actor },
    ...(change.settings === undefined ? {} : { settings: merged(spec['settings'], change.settings) }),
    ...(change.updatePolicy === undefined
      ? {}
      : { updatePolicy: merged(spec['updatePolicy'], change.updatePolicy) }),
  }));
}

/** What an approval says beside the release. */
export interface Approval {
  readonly actor: Actor;
  /** There may be no way back, and the person has said so by name. */
  readonly irreversible?: boolean;
  /** Another try of a release that failed here. */
  readonly retry?: boolean;
  readonly expected?: number | undefined;
}

/**
 * Approves a release, named by version or either digest. Refused with plan.irreversible when there is no way back and it was not said, and
 * with release.quarantined when it failed here and another try was not asked for.
 */
export async function approve(
  cluster: Writes,
  name: string,
  approval: Approval,
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number; readonly digest: Digest; readonly version: string }> {
  const [{ status }, release] = await Promise.all([
    readAppliance(cluster, signal),
    findRelease(cluster, name, signal),
  ]);
  const { digest, version } = release.spec;
  const running = status?.running;
  if (running !== undefined && approval.irreversible !== true)
    await checkWay(cluster, release, running, signal);
  if (release.status?.quarantine !== undefined && approval.retry !== true) {
    const { reason } = release.status.quarantine;
    throw new Problem('release.quarantined', `${version} failed here: ${reason.detail}`);
  }
  const intent = {
    approvedRelease: digest,
    ...(approval.irreversible === true ? { approvedIrreversible: digest } : {}),
    ...(approval.retry === true ? { approvedRetry: digest } : {}),
  };
  const { actor, expected } = approval;
  return { ...(await setIntent(cluster, { intent }, { actor, expected }, signal)), digest, version };
}

/**
 * Leaves a request for the engine. The same id is the same request: sent twice it is there once. Requests that were taken up make room
 * for new ones.
 */
export async function requestVerb(
  cluster: Writes,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number }> {
  const { status } = await readAppliance(cluster, signal);
  const handled = new Set(status?.handledRequests ?? []);
  return changeSpec(cluster, undefined, signal, (spec) => {
    const requests: readonly unknown[] = Array.isArray(spec['requests']) ? spec['requests'] : [];
    if (requests.some((one) => idOf(one) === request.id)) return spec;
    const waiting =
      requests.length < MAX_REQUESTS ? requests : requests.filter((one) => !handled.has(idOf(one)));
    return { ...spec, requests: [...waiting, request] };
  });
}

/** A stored release by version or either digest. Problem request.invalid when there is none. */
export async function findRelease(cluster: Reads, name: string, signal: AbortSignal): Promise<ReleaseObject> {
  const found = await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Release' }, { signal });
  const releases = found.flatMap((object) => ReleaseObject.safeParse(object).data ?? []);
  const isNamed = ({ spec }: ReleaseObject): boolean =>
    spec.digest === name || spec.ociDigest === name || spec.version === name;
  const release = releases.find(isNamed);
  if (release !== undefined) return release;
  const known = releases.map(({ spec }) => spec.version).join(', ');
  throw new Problem(
    'request.invalid',
    `release ${name} is not known here; known: ${known === '' ? 'none' : known}`,
  );
}

/** As DECIDE sees it: a step forward has to lead back, a step back has to be one that the running release allows. */
async function checkWay(
  cluster: Reads,
  release: ReleaseObject,
  running: { readonly digest: Digest; readonly version: string },
  signal: AbortSignal,
): Promise<void> {
  const { version, digest } = release.spec;
  if (digest === running.digest) return;
  const isBack = isOlder(version, running.version);
  const [from, to] = isBack ? [running.version, version] : [version, running.version];
  const leaving = isBack ? await findRelease(cluster, running.digest, signal) : release;
  if (!mayComeBack(leaving, to)) {
    throw new Problem('plan.irreversible', `from ${from} one cannot come back to ${to}`);
  }
}

function mayComeBack({ spec }: ReleaseObject, version: string): boolean {
  const parsed = parseReleaseDocument(Buffer.from(spec.document, 'base64'));
  return parsed.ok && parsed.value.kind === 'release' && leadsBack(parsed.value.release, version);
}

type Spec = Readonly<Record<string, unknown>>;

async function changeSpec(
  cluster: Writes,
  expected: number | undefined,
  signal: AbortSignal,
  change: (spec: Spec) => Spec,
): Promise<{ readonly intentRevision: number }> {
  let generation = expected;
  for (let attempt = 1; ; attempt += 1) {
    const { raw, appliance } = await readRaw(cluster, signal);
    const present = appliance.metadata.generation ?? 0;
    generation ??= present;
    if (present !== generation) {
      throw new Problem('request.conflict', `the intent is at revision ${present}, not ${generation}`);
    }
    const before = isRecord(raw['spec']) ? raw['spec'] : {};
    const spec = change(before);
    if (spec === before) return { intentRevision: present };
    const checked = ApplianceSpec.safeParse(spec);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw new Problem(
        'request.invalid',
        `${issue?.path.join('.') ?? 'spec'}: ${issue?.message ?? 'is wrong'}`,
      );
    }
    try {
      const written = await cluster.replace({ ...raw, metadata: raw.metadata, spec }, signal);
      return { intentRevision: written.metadata.generation ?? present };
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= TRIES) throw error;
    }
  }
}

async function readRaw(
  cluster: Reads,
  signal: AbortSignal,
): Promise<{ readonly raw: KubeObject; readonly appliance: Appliance }> {
  const raw = await cluster.get(REF, signal);
  if (raw === undefined) throw new Problem('cluster.not-found', 'there is no Appliance object yet');
  const appliance = Appliance.safeParse(raw);
  if (appliance.success) return { raw, appliance: appliance.data };
  throw new Problem('cluster.bad-answer', `the Appliance object cannot be read: ${appliance.error.message}`);
}

/** Members of the change over what is there; `null` takes away. */
function merged(before: unknown, change: Readonly<Record<string, unknown>> | undefined): Spec {
  const both = { ...(isRecord(before) ? before : {}), ...change };
  return Object.fromEntries(
    Object.entries(both).filter(([, value]) => value !== null && value !== undefined),
  );
}

const idOf = (request: unknown): string =>
  isRecord(request) && typeof request['id'] === 'string' ? request['id'] : '';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
