import type { ControlPlaneRecord } from '../../contract/control-plane.ts';
import type { ObservedControlPlane, ObservedPod } from '../../core/roll/observed.ts';
import { table } from '../objects/session.ts';

/** The control plane as the cluster shows it, for whoever looks without one (`--direct`). */
export function sightText(plane: ObservedControlPlane | undefined, record: ControlPlaneRecord): string {
  const { lastGood, baked } = record;
  const known = [
    ['last good', lastGood === undefined ? 'none' : `${lastGood.version} ${lastGood.digest}`],
    ['came with the box', baked === undefined ? 'none' : `${baked.version} ${baked.digest}`],
  ];
  if (plane === undefined) return `in the cluster: there is no control plane\n${table(known)}`;
  const { image, replicas, readyEndpoints, previousDigest, probationUntil, changedBy } = plane;
  const facts = [
    ['in the cluster', image],
    ['ready', `${readyEndpoints} of ${replicas}`],
    ['before it', previousDigest ?? 'nothing'],
    ['on probation', probationUntil === undefined ? 'no' : `until ${probationUntil.toISOString()}`],
    ['changed by', changedBy ?? 'unknown'],
    ...known,
  ];
  return [table(facts), ...(plane.pods.length === 0 ? [] : [table(plane.pods.map(podRow))])].join('\n');
}

function podRow({ name, node, isReady, restarts, waiting, ended }: ObservedPod): readonly string[] {
  const state = isReady ? 'ready' : (waiting?.reason ?? 'not ready');
  const end = ended === undefined ? '' : `ended with ${ended.reason} (exit code ${ended.exitCode})`;
  return [`  ${name}`, node ?? 'nowhere', state, `${restarts} restarts`, end];
}
