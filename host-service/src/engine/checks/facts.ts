import type { ApplianceSpec, ChannelState } from '../../contract/appliance.ts';
import type { EndpointReport } from '../../contract/host/endpoint.ts';
import { hostFactsOf } from '../../contract/host/facts.ts';
import type { Digest } from '../../contract/names.ts';
import type { Operation } from '../../contract/objects.ts';
import type { CheckFacts, HostSight } from '../../core/checks/facts.ts';
import { endpointsOf } from '../../core/checks/wishes.ts';
import { wayOutOf } from '../../core/network/way-out.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { referencesOf } from '../../core/release/allowed.ts';
import type { Engine } from '../engine.ts';
import { ownReports, proxyCredentialOf } from '../network/own-reports.ts';
import type { Cluster } from '../ports.ts';
import { readStorage } from './storage.ts';

/** What of the box the checks are about; the rest is read. */
export interface CheckScene {
  readonly spec: ApplianceSpec;
  readonly hosts: readonly ObservedHost[];
  readonly target: KnownRelease | undefined;
  readonly running: KnownRelease | undefined;
  readonly channel: ChannelState | undefined;
  readonly platform: string | undefined;
  readonly operations: readonly Operation[];
}

/** Gathers all that checks look at. `cluster` is only read. */
export async function gatherFacts(
  engine: Engine,
  cluster: Pick<Cluster, 'get' | 'list'>,
  scene: CheckScene,
  signal: AbortSignal,
): Promise<CheckFacts> {
  const { target, running, channel, platform, hosts, spec } = scene;
  const endpoints = wishesFor(engine, spec, [target]);
  const storage = await readStorage(cluster, engine.product.storage, signal);
  const credential = await proxyCredentialOf(engine, cluster, spec, signal);
  const own = ownReports(engine, endpoints, { credential, ca: spec.network?.ca });
  return {
    ...{ channel, platform },
    now: engine.ports.clock.now(),
    hosts: hosts.map((host) => withOwn(sightOf(host), own)),
    target:
      target === undefined
        ? undefined
        : {
            release: target.release,
            signed: target.object.spec.signed,
            quarantined: target.object.status?.quarantine !== undefined,
          },
    running: running?.release.version,
    endpoints,
    pullBytes: pullBytesOf(target, running, hosts),
    controlPlane: engine.identity.version,
    ...storage,
    storageProof: storage.storageProof ?? proofOf(scene.operations),
  };
}

/** The addresses that these releases need, as this box goes there; a box that cannot reach the registry knows none yet and has to try it all the same. */
export function wishesFor(
  engine: Pick<Engine, 'registries' | 'releaseRepository' | 'proxy'>,
  spec: CheckScene['spec'],
  releases: readonly (KnownRelease | undefined)[],
): CheckFacts['endpoints'] {
  const known = releases.flatMap((one) => one?.release ?? []);
  return endpointsOf(known, engine.releaseRepository, wayOutOf(engine, spec));
}

/** What only we could measure counts for every host: they go the same way. */
const withOwn = (sight: HostSight, own: readonly EndpointReport[]): HostSight => ({
  ...sight,
  endpoints: [...own, ...sight.endpoints.filter(({ url }) => !own.some((one) => one.url === url))],
});

function sightOf({ name, status }: ObservedHost): HostSight {
  return {
    name,
    facts: hostFactsOf(status?.facts),
    version: status?.version,
    architecture: status?.architecture,
    endpoints: status?.endpoints ?? [],
    measuredAt: status?.measured?.at,
    rejected: status?.rejected.length ?? 0,
  };
}

/** Bytes that are still to come: what the target pins, what runs does not, and not every host has already. */
function pullBytesOf(
  target: KnownRelease | undefined,
  running: KnownRelease | undefined,
  hosts: readonly ObservedHost[],
): number | undefined {
  if (target === undefined) return undefined;
  const have = new Set<string>(running === undefined ? [] : digestsOf(running).keys());
  const missing = [...digestsOf(target)].filter(([digest]) => !have.has(digest));
  const isEverywhere = (digest: Digest): boolean =>
    hosts.length > 0 && hosts.every(({ status }) => isPresent(status?.pulled ?? [], digest));
  return missing.reduce((sum, [digest, size]) => sum + (isEverywhere(digest) ? 0 : size), 0);
}

const isPresent = (pulled: readonly { readonly image: string; readonly state: string }[], digest: Digest) =>
  pulled.some(({ image, state }) => state === 'present' && image.endsWith(`@${digest}`));

const digestsOf = ({ release }: KnownRelease): ReadonlyMap<Digest, number> =>
  new Map(referencesOf(release).map(({ artifact }) => [artifact.digest, artifact.size]));

/** The newest trial write of the storage step. */
function proofOf(operations: readonly Operation[]): CheckFacts['storageProof'] {
  for (const { status } of operations) {
    const step = status?.steps.find(({ kind }: { readonly kind: string }) => kind === 'prepare-storage');
    if (step?.state === 'done') return { ok: true, detail: 'The trial write has worked.' };
    if (step?.state === 'failed')
      return { ok: false, detail: `The trial write has failed. ${status?.problem?.detail ?? ''}`.trim() };
  }
  return undefined;
}
