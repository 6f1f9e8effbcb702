import type { Executor } from '../steps/executor.ts';
import { pullGate } from './gate.ts';

/**
 * Waits until every host whose program lives has the images of the release (design §6.1): the source moves only then, so that the change itself is
 * short. What hosts are asked for was written before (engine/images/ask-hosts).
 */
export const pullImages: Executor<'pull-images'> = async ({ engine, observed, operation }, { images }) => {
  const gate = await Promise.resolve(pullGate(engine, operation.metadata.name, observed, images));
  switch (gate.kind) {
    case 'open':
      return { kind: 'acted', now: gate.said ?? 'All images are here', once: true };
    case 'waiting':
      // A registry that is away is not the release's fault; the gate itself ends the wait.
      return { kind: 'waiting', now: gate.now, outside: true };
    case 'failed':
      return { kind: 'failed', problem: { code: gate.code, detail: gate.detail } };
  }
};
