import { createWake } from '../../engine/loop/wake.ts';
import { createKeeper, type ImageKeeper } from './keeper.ts';
import { NO_WISH, wishOf } from './entries.ts';
import { Problem } from '../../contract/problem.ts';
import { LIMITS, WAITS, type Running } from '../running.ts';

/** Milliseconds between two reports of progress at least (design §5). */
const TELL_MS = 2_000;

/**
 * Fetches and keeps the images that this host is asked for. What stands against one is told with that image; that nothing can be seen at all is told
 * once in the log, because every image says it.
 */
export async function imagesLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { parts, health, shared } = running;
  const { clock, images, log } = parts;
  const pulse = health.part('the images', LIMITS.images);
  const tell = teller(running, signal);
  const bell = createWake(clock);
  const asked = { text: '', wish: NO_WISH };
  const onChange = (): void => {
    pulse.beat();
    tell();
  };
  const keeper = createKeeper({ images, clock, log, wish: () => asked.wish, onChange });
  shared.pulled = (spec) => {
    const text = JSON.stringify([spec.images, spec.imageBytes]);
    if (text !== asked.text) {
      Object.assign(asked, { text, wish: wishOf(spec) });
      bell.wake('event');
    }
    return keeper.report();
  };
  const told = { code: '' };
  while (!signal.aborted) {
    const waitMs = await turn(keeper, told, running, signal);
    pulse.beat();
    await bell.wait(waitMs, { urgentOnly: false, debounceMs: 0 }, signal);
  }
}

async function turn(
  keeper: ImageKeeper,
  told: { code: string },
  { parts: { log } }: Running,
  signal: AbortSignal,
): Promise<number> {
  try {
    const waitMs = await keeper.turn(signal);
    told.code = '';
    return waitMs;
  } catch (error) {
    if (signal.aborted) return 0;
    if (!(error instanceof Problem) || error.code === 'internal.bug') throw error;
    const { code, detail } = error;
    if (told.code !== code) log.warn('images cannot be looked at', { code, detail });
    told.code = code;
    // A program that is not there is not looked for every few seconds.
    return code === 'pull.no-program' ? WAITS.longest : WAITS.refusedMs / 3;
  }
}

/** Asks for a report, at most every two seconds; the last change is never lost. */
function teller({ parts: { clock }, wake }: Running, signal: AbortSignal): () => void {
  const state = { nextAt: 0, isPending: false };
  const tell = (): void => {
    state.nextAt = clock.monotonic() + TELL_MS;
    state.isPending = false;
    wake.wake('event');
  };
  return () => {
    const restMs = state.nextAt - clock.monotonic();
    if (restMs <= 0) return tell();
    if (state.isPending) return;
    state.isPending = true;
    void clock.sleep(restMs, signal).then(() => {
      if (!signal.aborted) tell();
    });
  };
}
