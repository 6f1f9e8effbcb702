import type { ChecksView } from '../../contract/api/checks.ts';
import { blockingOf, evaluateChecks } from '../../core/checks/evaluate.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { Setting } from '../handle/setting.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import { readReleases } from '../observe/own.ts';
import { observeSource } from '../observe/source.ts';
import type { Cluster } from '../ports.ts';
import { readAppliance, readOperations } from '../verbs.ts';
import { gatherFacts } from './facts.ts';

/** Milliseconds after which nobody waits any more for a host to measure. */
const MEASURE_MS = 30_000;

/** All checks as they stand now, from what hosts have reported and the cluster says. Every replica answers; nothing is written. Problems cluster.*. */
export async function checksView(
  { cluster, engine, parsed }: Setting,
  signal: AbortSignal,
): Promise<ChecksView> {
  const [{ spec, status }, { value: releases }, source, hosts, operations, platform] = await Promise.all([
    readAppliance(cluster, signal),
    readReleases(cluster, parsed, signal),
    observeSource(cluster, engine.product, signal),
    observeHosts(cluster, signal),
    readOperations(cluster, signal),
    versionOf(cluster, signal),
  ]);
  const wanted = status?.target?.digest ?? status?.available?.digest ?? source?.release;
  const scene = {
    ...{ spec, hosts, operations, platform, channel: status?.channel },
    target: wanted === undefined ? undefined : releases.get(wanted),
    running: source?.release === undefined ? undefined : releases.get(source.release),
  };
  const facts = await gatherFacts(engine, cluster, scene, signal);
  const checks = evaluateChecks(facts, spec.acceptedRisks ?? []);
  const measuredAt = hosts.flatMap((host) => host.status?.measured?.at ?? []).toSorted()[0];
  return {
    checks: [...checks],
    mayInstall: blockingOf(checks).length === 0,
    measuring: hosts.some((host) => isMeasuring(host, facts.now)),
    ...(measuredAt === undefined ? {} : { measuredAt }),
  };
}

/** Asked to measure again, and neither done nor silent for too long. */
function isMeasuring({ spec, status }: ObservedHost, now: Date): boolean {
  const { measure } = spec;
  if (measure === undefined || status?.measured?.id === measure.id) return false;
  return now.getTime() - Date.parse(measure.at) < MEASURE_MS;
}

/** A platform that does not say its version is judged by what its program says. */
const versionOf = (cluster: Cluster, signal: AbortSignal): Promise<string | undefined> =>
  cluster.version(signal).catch(() => undefined);
