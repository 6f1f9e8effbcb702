import type { Accepted } from '../../contract/api/intent.ts';
import type { NetworkChange, NetworkPreview } from '../../contract/network/view.ts';
import { Problem } from '../../contract/problem.ts';
import { changedNetwork, networkSpecOf, type NetworkSpec } from '../../core/network/change.ts';
import { touchesOf } from '../../core/network/touches.ts';
import type { Credential } from '../../core/network/way-out.ts';
import type { Appliance } from '../../contract/objects.ts';
import { actorWith } from '../handle/change.ts';
import type { Who } from '../handle/handle.ts';
import type { Setting } from '../handle/setting.ts';
import { changeNetworkSpec, readAppliance, requestVerb } from '../verbs.ts';
import { keepProxyCredential, keepRegistryCredentials } from './secrets.ts';

/**
 * Changes the way out: passwords first, into Secrets, because nothing reads them before the intent names them; then the intent in one write. The
 * holder of the Lease looks at the channel again at once. Problems request.conflict, request.precondition, network.*, cluster.*.
 */
export async function changeNetwork(
  setting: Setting,
  { reason, ...change }: NetworkChange,
  who: Who,
  signal: AbortSignal,
): Promise<Accepted> {
  const { cluster, engine, wake } = setting;
  const { before, after, revision } = await judged(setting, change, who, signal);
  const touches = touchesOf(before, after, change);
  if (touches.length === 0) return { intentRevision: revision };
  await keepCredentials(setting, change, signal);
  const actor = actorWith(who, reason);
  const written = await changeNetworkSpec(cluster, after, { actor, expected: who.expected }, signal);
  if (!touches.includes('control-plane')) return written;
  const now = engine.ports.clock.now();
  // Also a new password alone has to be tried at once, by whoever leads.
  const request = {
    id: `network-${now.getTime()}`,
    verb: 'check-now',
    at: now.toISOString(),
    actor,
  } as const;
  const accepted = await requestVerb(cluster, request, signal);
  wake.wake('urgent');
  return accepted;
}

/** What a change would lead to; nothing is written. Problems as of {@link changeNetwork}. */
export async function previewNetwork(
  setting: Setting,
  change: NetworkChange,
  who: Who,
  signal: AbortSignal,
): Promise<NetworkPreview> {
  const { before, after } = await judged(setting, change, who, signal);
  return { touches: [...touchesOf(before, after, change)], settings: after.network };
}

interface Judged {
  readonly before: NetworkSpec;
  readonly after: NetworkSpec;
  readonly revision: number;
}

async function judged(
  { cluster, engine }: Setting,
  change: NetworkChange,
  { expected }: Who,
  signal: AbortSignal,
): Promise<Judged> {
  const appliance = await readAppliance(cluster, signal);
  checkRevision(appliance, expected);
  const before = networkSpecOf(appliance.spec);
  const after = changedNetwork(before, change, engine.ports.clock.now());
  if (!after.ok) throw new Problem(after.problem.code, after.problem.detail);
  return { before, after: after.value, revision: appliance.metadata.generation ?? 0 };
}

function checkRevision({ metadata }: Appliance, expected: number | undefined): void {
  const present = metadata.generation ?? 0;
  if (expected !== undefined && expected !== present)
    throw new Problem('request.conflict', `the intent is at revision ${present}, not ${expected}`);
}

const pair = (given: { readonly user: string; readonly password: string }): Credential => ({
  username: given.user,
  password: given.password,
});

async function keepCredentials(
  { cluster, engine }: Setting,
  { proxy, proxyCredential, registries = [] }: NetworkChange,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = engine;
  // Without its proxy a password is good for nothing.
  const forProxy = proxy === null ? null : proxyCredential;
  if (forProxy !== undefined)
    await keepProxyCredential(cluster, namespace, forProxy === null ? null : pair(forProxy), signal);
  const changes = registries.flatMap(({ host, credential }) =>
    credential === undefined ? [] : [[host, credential === null ? null : pair(credential)] as const],
  );
  await keepRegistryCredentials(cluster, namespace, new Map(changes), signal);
}
