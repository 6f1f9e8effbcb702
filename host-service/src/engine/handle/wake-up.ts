import { problemOf } from '../../contract/problem.ts';
import { requestVerb } from '../verbs.ts';
import type { Setting } from './setting.ts';

/** Milliseconds between looks whether the answer is a fresh one, and how often at most. */
const CHECK = { everyMs: 200, times: 300 } as const;

/**
 * Makes the bell of the webhook: the channel is asked now. The leader forgets its last answer, and once more when a look was under way that
 * began before the bell; another replica leaves a request for the leader, at most one a second.
 */
export function createBell(setting: Setting): () => void {
  const { engine, isLeader, wake } = setting;
  const { clock, log } = engine.ports;
  let rungAt: number | undefined;
  const forget = (): void => {
    engine.memory.channel = undefined;
    wake.wake('urgent');
  };
  return () => {
    if (!isLeader()) {
      void leaveRequest(setting).catch((error: unknown) => {
        const { code, detail } = problemOf(error);
        log.warn('the wake-up call could not be handed on', { code, detail });
      });
      return;
    }
    const isChecking = rungAt !== undefined;
    rungAt = clock.now().getTime();
    forget();
    if (!isChecking) {
      void untilFresh(setting, () => rungAt ?? 0, forget).then(() => {
        rungAt = undefined;
      });
    }
  };
}

async function untilFresh({ engine }: Setting, rungAt: () => number, forget: () => void): Promise<void> {
  const { clock } = engine.ports;
  const never = new AbortController().signal;
  for (let times = 0; times < CHECK.times; times += 1) {
    await clock.sleep(CHECK.everyMs, never);
    const { channel } = engine.memory;
    if (channel === undefined) continue;
    if (Date.parse(channel.resolution.channel.checkedAt ?? '') >= rungAt()) return;
    forget();
  }
}

async function leaveRequest({ cluster, engine }: Setting): Promise<void> {
  const { clock } = engine.ports;
  const now = clock.now();
  const id = `wake-up-${Math.floor(now.getTime() / 1000)}`;
  const actor = { by: 'wake-up call', via: 'webhook' } as const;
  const request = { id, verb: 'check-now', at: now.toISOString(), actor } as const;
  // A cluster that does not answer ends the call itself.
  await requestVerb(cluster, request, new AbortController().signal);
}
