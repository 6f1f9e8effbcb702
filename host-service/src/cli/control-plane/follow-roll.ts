import process from 'node:process';
import type { VerbBody } from '../../contract/api/intent.ts';
import type { LiveEvent } from '../../contract/api/status.ts';
import { problemOf, safeLine, type Problem } from '../../contract/problem.ts';
import type { Clock } from '../../engine/ports.ts';
import { exitOf, EXIT } from '../objects/session.ts';
import type { Desk } from '../desk/desk.ts';
import { createRollJudge, type RollOutcome } from './roll-judge.ts';

/** Milliseconds before a box that does not answer is asked again. */
const AGAIN_MS = 1_000;

export interface RollRequest {
  /** Key of the request: asking again with it is the same request. */
  readonly id: string;
  readonly verb: Extract<VerbBody['verb'], 'check-now' | 'retry-control-plane'>;
  readonly reason?: string | undefined;
}

/**
 * Asks the box for its control plane's update and follows it to its end, over control planes that come and go meanwhile. undefined = the
 * signal fired before it was known. Progress is told on stderr.
 *
 * @throws Problem for what waiting does not mend: rights, wrong options, a request that the box refuses
 */
export async function followRoll(
  desk: Desk,
  clock: Clock,
  request: RollRequest,
  signal: AbortSignal,
): Promise<RollOutcome | undefined> {
  const tell = createTeller();
  const { id, verb, reason } = request;
  const body: VerbBody = { id, verb, ...(reason === undefined ? {} : { reason }) };
  const before = await patiently(clock, tell, signal, () => desk.status(signal));
  if (before === undefined) return undefined;
  const accepted = await patiently(clock, tell, signal, () => desk.request(body, signal));
  if (accepted === undefined) return undefined;
  const judge = createRollJudge(before, id);
  const over = new AbortController();
  const following = AbortSignal.any([signal, over.signal]);
  let outcome: RollOutcome | undefined;
  let after: string | undefined = before.cursor;
  const onEvent = (event: LiveEvent): void => {
    after = event.id ?? after;
    if (outcome !== undefined) return;
    tell.event(event);
    outcome = event.name === 'snapshot' ? judge(event.data) : undefined;
    if (outcome !== undefined) over.abort();
  };
  await patiently(clock, tell, following, async () => {
    // What was said between the question and the stream is in the status as it is now.
    outcome = judge(await desk.status(following));
    if (outcome === undefined) await desk.follow({ after, onEvent, onPause: tell.pause }, following);
    return true;
  });
  return outcome;
}

/** Tries until it works or the signal fires: a box may just be starting, or changing over. */
async function patiently<T>(
  clock: Clock,
  tell: Teller,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await act();
    } catch (error) {
      const problem = problemOf(error);
      if (signal.aborted) return undefined;
      if (!isPassing(problem)) throw problem;
      tell.pause(problem.body);
      await clock.sleep(Math.max(AGAIN_MS, problem.retryAfterMs ?? 0), signal);
    }
  }
  return undefined;
}

const isPassing = ({ code }: Problem): boolean =>
  exitOf(code) === EXIT.unavailable &&
  !/^(internal\.|client\.bad-answer|cluster\.(forbidden|unauthorized)$)/.test(code);

interface Teller {
  event(event: LiveEvent): void;
  pause(problem: { readonly code: string; readonly detail: string }): void;
}

/** What happens meanwhile, once each. */
function createTeller(): Teller {
  let last = '';
  const say = (text: string): void => {
    if (text !== last) process.stderr.write(`${safeLine(text)}\n`);
    last = text;
  };
  return {
    event: (event) => {
      if (event.name === 'operation' && event.data.operation.includes('-roll-'))
        say(`${event.data.event.at} ${event.data.event.text}`);
      const roll = event.name === 'snapshot' ? event.data.status?.controlPlane.roll : undefined;
      if (roll !== undefined) say(`${roll.state}: ${roll.detail}`);
    },
    pause: ({ code, detail }) => say(`The box does not answer (${code}: ${detail}); trying again.`),
  };
}
