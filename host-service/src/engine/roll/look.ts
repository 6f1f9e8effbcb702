import type { ObservedRoll } from '../../core/plan/observed.ts';
import type { Engine } from '../engine.ts';
import { lookAtControlPlane } from './observe.ts';
import { ownBuildOf } from './own.ts';
import { readRecord } from './record.ts';

/** What OBSERVE adds where this program runs as a pod: who we are, what the Deployment says, what is recorded. Throws Problem cluster.*. */
export async function observeRoll(engine: Engine, signal: AbortSignal): Promise<ObservedRoll | undefined> {
  if (engine.pod === undefined) return undefined;
  const { cluster } = engine.ports;
  const [own, look, record] = await Promise.all([
    ownBuildOf(engine, signal),
    lookAtControlPlane(cluster, engine.namespace, signal),
    readRecord(cluster, engine.namespace, signal),
  ]);
  return { own, seen: look?.seen, record };
}
