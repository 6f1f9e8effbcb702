import type { ChecksView } from '../../contract/api/checks.ts';
import { blockingOf, evaluateChecks } from '../../core/checks/evaluate.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { Setting } from '../handle/setting.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import { readReleases } from '../observe/own.ts';
import { observeSource } from '../observe/source.ts';
import type { Cluster } from '../ports.ts';
import { readAppliance, readOperations } from '../verbs.ts';
import { draftedRelease } from '../setup/drafted.ts';
import { gatherFacts } from './facts.ts';

/** Milliseconds after which nobody waits any more for a host to measure. */
const MEASURE_MS = 30_000;

/** All checks as they stand now, from what hosts have reported and the cluster says. Every replica answers; nothing is written. Problems cluster.*. */
export async function checksView(setting: Setting, signal: AbortSignal): Promise<ChecksView> {
  const { cluster, engine, parsed } = setting;
  const [appliance, { value: releases }, source, hosts, operations, platform] = await Promise.all([
    readAppliance(cluster, signal),
    readReleases(cluster, parsed, signal),
    observeSource(cluster, engine.product, signal),
    observeHosts(cluster, signal),
    readOperations(cluster, signal),
    versionOf(cluster, signal),
  ]);
  const { spec, status } = appliance;
  const wanted = status?.target?.digest ?? status?.available?.digest ?? source?.release;
  // What somebody is about to approve is judged, not what the box would take without them.
  const drafted = await draftedRelease(setting, appliance, signal);
  const scene = {
    ...{ spec, hosts, operations, platform },
    channel: drafted === undefined ? status?.channel : drafted.channel,
    target: drafted === undefined && wanted !== undefined ? releases.get(wanted) : drafted?.release,
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
