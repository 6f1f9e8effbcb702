import { z } from 'zod';
import { ApplianceSpec, type Actor, type ApplianceStatus, type VerbRequest } from '../contract/appliance.ts';
import { AcceptedRisk } from '../contract/checks.ts';
import { GROUP_VERSION, type Digest } from '../contract/names.ts';
import {
  Appliance,
  APPLIANCE_NAME,
  Operation,
  ReleaseObject,
  type ReleaseObjectSpec,
} from '../contract/objects.ts';
import { Problem } from '../contract/problem.ts';
import { approvalOf, type ApprovalIntent, type Said } from '../core/decide/approval.ts';
import { changedSpec, type Spec, type SpecChange } from '../core/intent/spec-change.ts';
import { isRecord } from '../core/json.ts';
import type { NetworkSpec } from '../core/network/change.ts';
import { readReleases } from './observe/own.ts';
import type { Cluster, KubeObject } from './ports.ts';

export type { SpecChange } from '../core/intent/spec-change.ts';

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

/**
 * Changes what the person wants. Read, compare, PUT with the resourceVersion: unknown members survive, and a conflict is repeated only while
 * the intent itself is unchanged. Another channel or pin ends approvals. Answers the new revision. Problems request.conflict (somebody else
 * changed it; `expected` differs), request.invalid.
 */
export async function setIntent(
  cluster: Writes,
  change: SpecChange,
  options: { readonly actor: Actor; readonly expected?: number | undefined },
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number }> {
  return changeSpec(cluster, options.expected, signal, (spec) => changedSpec(spec, change, options.actor));
}

/** What an approval says beside the release. */
export interface Approval extends Said {
  readonly actor: Actor;
  readonly expected?: number | undefined;
}

/**
 * Approves a release, named by version or either digest. Refused with plan.irreversible when there is no way back and it was not said, and
 * with release.quarantined when it failed here and another try was not asked for. What runs already needs no approval: nothing is written.
 */
export async function approve(
  cluster: Cluster,
  name: string,
  approval: Approval,
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number; readonly digest: Digest; readonly version: string }> {
  const { intent, digest, version } = await approvalFor(cluster, name, approval, signal);
  const { actor, expected } = approval;
  const written =
    intent === undefined
      ? await changeSpec(cluster, expected, signal, (spec) => spec)
      : await setIntent(cluster, { intent }, { actor, expected }, signal);
  return { ...written, digest, version };
}

/** What approving a release would write; `intent` is undefined when it runs already. Problems as of {@link approve}. */
export async function approvalFor(
  cluster: Cluster,
  name: string,
  said: Said,
  signal: AbortSignal,
): Promise<{
  readonly intent: ApprovalIntent | undefined;
  readonly digest: Digest;
  readonly version: string;
}> {
  const [{ status }, releases] = await Promise.all([
    readAppliance(cluster, signal),
    readReleases(cluster, new Map(), signal),
  ]);
  const wanted = namedRelease([...releases.value.values()], name, ({ object }) => object.spec);
  const approval = approvalOf(wanted, status?.running, releases.value, said);
  if (!approval.ok) throw new Problem(approval.problem.code, approval.problem.detail);
  return { intent: approval.value, digest: wanted.digest, version: wanted.release.version };
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
  return namedRelease(releases, name, ({ spec }) => spec);
}

/** The one that goes by this name: a digest names one release, a version may be shared. Problem request.invalid when there is none. */
function namedRelease<R>(releases: readonly R[], name: string, specOf: (release: R) => ReleaseObjectSpec): R {
  const byDigest = releases.find((one) => {
    const { digest, ociDigest } = specOf(one);
    return digest === name || ociDigest === name;
  });
  const found = byDigest ?? releases.find((one) => specOf(one).version === name);
  if (found !== undefined) return found;
  const known = releases.map((one) => specOf(one).version).join(', ');
  throw new Problem(
    'request.invalid',
    `release ${name} is not known here; known: ${known === '' ? 'none' : known}`,
  );
}

/** Changes the risks that were accepted, whatever else changes meanwhile. Problems cluster.*. */
export async function changeRisks(
  cluster: Writes,
  change: (risks: readonly AcceptedRisk[]) => readonly AcceptedRisk[],
  signal: AbortSignal,
): Promise<void> {
  await changeSpec(cluster, undefined, signal, (spec) => {
    const { data = [] } = z.array(AcceptedRisk).safeParse(spec['acceptedRisks']);
    return { ...spec, acceptedRisks: change(data) };
  });
}

/** Changes the way out, all of it in one write. Problems request.conflict, cluster.*. */
export async function changeNetworkSpec(
  cluster: Writes,
  change: NetworkSpec,
  options: { readonly actor: Actor; readonly expected?: number | undefined },
  signal: AbortSignal,
): Promise<{ readonly intentRevision: number }> {
  return changeSpec(cluster, options.expected, signal, (spec) => ({
    ...changedSpec(spec, {}, options.actor),
    ...change,
  }));
}

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

const idOf = (request: unknown): string =>
  isRecord(request) && typeof request['id'] === 'string' ? request['id'] : '';
