import { GROUP_VERSION } from '../../contract/names.ts';
import type { HostSpec } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import type { Decision } from '../../core/decide/types.ts';
import { recordOf } from '../../core/json.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { Engine } from '../engine.ts';
import type { Cluster } from '../ports.ts';
import { isOurs, proxyCredentialOf } from '../network/own-reports.ts';
import { wishesFor } from './facts.ts';

/**
 * Tells every host which addresses the wanted release needs, and the one that somebody is about to approve, so that they are measured from there; written only where it differs.
 *
 * @throws Problem cluster.*
 */
export async function askEndpoints(
  engine: Engine,
  { observed, decision }: { readonly observed: Observed; readonly decision: Decision },
  signal: AbortSignal,
): Promise<void> {
  const { hosts = [], spec, releases } = observed;
  const wanted = decision.target ?? decision.available;
  const target = wanted === undefined ? undefined : releases.get(wanted);
  const credential = await proxyCredentialOf(engine, engine.ports.cluster, spec, signal);
  const endpoints = wishesFor(engine, spec, [target, engine.memory.drafted?.said?.release]).filter(
    (wish) => !isOurs(wish, credential),
  );
  const text = JSON.stringify(endpoints);
  for (const { name, spec: own } of hosts) {
    if (JSON.stringify(own.endpoints ?? []) === text) continue;
    await changeHost(engine.ports.cluster, name, { endpoints }, signal);
  }
}

/**
 * Changes members of what a host is asked for and leaves the others alone, those that we do not know as well. A host that has gone, or that somebody
 * else changes in this moment, is left to the next look: `false`.
 *
 * @throws Problem cluster.*
 */
export async function changeHost(
  cluster: Pick<Cluster, 'get' | 'replace'>,
  name: string,
  change: Partial<HostSpec>,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await cluster.get({ apiVersion: GROUP_VERSION, kind: 'Host', name }, signal);
  if (found === undefined) return false;
  try {
    const { apiVersion, kind, metadata } = found;
    const spec = { ...recordOf(found['spec']), ...change };
    await cluster.replace({ ...found, apiVersion, kind, metadata, spec }, signal);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'cluster.conflict') return false;
    throw error;
  }
}
