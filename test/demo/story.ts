import { setTimeout as sleep } from 'node:timers/promises';
import { CODES } from './stage.ts';
import type { Stage } from './stage.ts';

/**
 * What the vendor does while somebody watches, and the installer if `answers` says so: the questions are answered when the box was claimed, 1.1.0
 * is offered when 1.0.0 has proved itself, and 1.2.0, in which nobody can sign in, when 1.1.0 has.
 */
export async function tellStory(
  stage: Stage,
  say: (text: string) => void,
  signal: AbortSignal,
  { answers }: { readonly answers: boolean },
): Promise<void> {
  const following = publishAhead(stage, signal);
  await when(async () => stage.isClaimed(), signal);
  if (signal.aborted) return;
  if (answers) await stage.answer();
  say(
    answers
      ? 'The box has an owner; release 1.0.0 is being installed.'
      : `The box has an owner: answer its questions on the page. Install codes: ${Object.entries(CODES)
          .map(([what, code]) => `${code} (${what})`)
          .join(', ')}, or none for a trial.`,
  );
  await following;
  for (const [proved, next, text] of STEPS) {
    await when(async () => {
      const status = await stage.status();
      return status?.phase === 'running' && status.lastGood?.version === proved;
    }, signal);
    if (signal.aborted) return;
    await persist(() => stage.vendor.promote('stable', next), signal);
    if (signal.aborted) return;
    say(text);
  }
}

const STEPS = [
  ['1.0.0', '1.1.0', 'Release 1.0.0 works. The vendor now offers 1.1.0: approve it on the page.'],
  [
    '1.1.0',
    '1.2.0',
    'Release 1.1.0 works. The vendor now offers 1.2.0, in which nobody can sign in: approve it and watch it come back.',
  ],
] as const;

async function publishAhead(stage: Stage, signal: AbortSignal): Promise<void> {
  for (const version of ['1.1.0', '1.2.0']) await persist(() => stage.vendor.release(version), signal);
}

/** The registry may be broken on purpose just now: the vendor tries until it works. What was published already is done. */
async function persist(act: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  let isDone = false;
  while (!signal.aborted && !isDone) {
    isDone = await act().then(
      () => true,
      (error: unknown) => error instanceof Error && String(error.cause).includes('publish.exists'),
    );
    if (!isDone) await sleep(2000, undefined, { signal }).catch(() => undefined);
  }
}

async function when(holds: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await holds())) await sleep(300, undefined, { signal }).catch(() => undefined);
}
