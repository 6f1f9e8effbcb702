import type { PulledImage } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import type { HostImage, HostImages } from '../ports.ts';
import { become, fail, nextOf, reported, type Entry, type Wish } from './entries.ts';

interface Setting {
  readonly images: HostImages;
  readonly clock: Clock;
  readonly log: Log;
  /** What is asked for at this moment. */
  readonly wish: () => Wish;
  /** Something has changed that is worth a report; called every two seconds while something is on its way. */
  readonly onChange: () => void;
}

/** Fetches and pins what is asked for, one image after the other. */
export interface ImageKeeper {
  /** Looks at the runtime, fetches at most one image; answers the milliseconds after which the next turn is due. Throws Problem pull.* when nothing can be seen. */
  turn(signal: AbortSignal): Promise<number>;
  report(): readonly PulledImage[];
}

/** Milliseconds between looks at what is on its way, and between looks when all is here. */
const LOOK = { progressMs: 2_000, idleMs: 60_000 } as const;

/** What a keeper works with. */
interface Keeping extends Setting {
  readonly entries: Map<string, Entry>;
}

/** Makes one that knows nothing yet. */
export function createKeeper(setting: Setting): ImageKeeper {
  const { clock, wish, onChange } = setting;
  const entries = new Map<string, Entry>();
  const keeping: Keeping = { ...setting, entries };
  const state = { isTidy: false };
  return {
    report() {
      // What is asked for now, also while an image is on its way: who reads the report knows which wish it answers.
      adopt(entries, wish(), clock.now());
      return [...entries.values()].map(reported);
    },
    async turn(signal) {
      adopt(entries, wish(), clock.now());
      if (entries.size === 0 && state.isTidy) return LOOK.idleMs;
      const found = await look(keeping, signal);
      for (const entry of entries.values()) place(entry, find(found, entry.reference), clock.now(), onChange);
      state.isTidy = await pinWanted(keeping, signal);
      const next = nextOf(entries.values(), clock.monotonic());
      if (next !== undefined) {
        await fetchOne(keeping, next, signal);
        return 0;
      }
      const waiting = [...entries.values()].filter((entry) => entry.state !== 'present');
      const dueAt = Math.min(...waiting.map((entry) => entry.dueAt));
      return Math.min(LOOK.idleMs, Math.max(0, dueAt - clock.monotonic()));
    },
  };
}

/** Notes why an image could not be had. A fault of ours is thrown on. */
function failed({ clock, log, onChange }: Keeping, entry: Entry, error: unknown): void {
  if (!(error instanceof Problem) || error.code === 'internal.bug') throw error;
  const before = entry.code;
  fail(entry, error, { now: clock.now(), monotonic: clock.monotonic(), random: clock.random() });
  if (before !== error.code) log.warn('image not fetched', { image: entry.reference, code: error.code });
  onChange();
}

/** The runtime as it is now: throws what stands against looking, after it was noted for every image that is missing. */
async function look(keeping: Keeping, signal: AbortSignal): Promise<readonly HostImage[]> {
  try {
    return await keeping.images.list(signal);
  } catch (error) {
    signal.throwIfAborted();
    for (const entry of keeping.entries.values())
      if (entry.state !== 'present') failed(keeping, entry, error);
    throw error;
  }
}

/** Fetches one image; it counts as here when the runtime lists it. */
async function fetchOne(keeping: Keeping, entry: Entry, signal: AbortSignal): Promise<void> {
  const { images, clock, log, onChange, entries } = keeping;
  const { reference, retries } = entry;
  become(entry, 'pulling', clock.now());
  onChange();
  log.info('fetching an image', { image: reference, retries });
  try {
    await pullWatched(keeping, entry, signal);
    const there = find(await images.list(signal), reference);
    if (entries.get(reference) !== entry) return;
    if (there === undefined) throw new Problem('pull.failed', 'it was fetched and is not there');
    become(entry, 'present', clock.now(), { bytes: there.bytes });
    log.info('image is here', { image: reference, bytes: there.bytes });
    onChange();
  } catch (error) {
    signal.throwIfAborted();
    if (entries.get(reference) === entry) failed(keeping, entry, error);
  }
}

const find = (found: readonly HostImage[], reference: string): HostImage | undefined =>
  found.find(({ references }) => references.includes(reference));

/** Takes up what is asked for now; what is not asked for any more is forgotten. */
function adopt(entries: Map<string, Entry>, { references, bytesOf }: Wish, now: Date): void {
  for (const reference of entries.keys()) if (!references.includes(reference)) entries.delete(reference);
  for (const reference of references) {
    const known = entries.get(reference);
    if (known !== undefined) continue;
    const fresh = { retries: 0, since: now, code: undefined, detail: undefined, dueAt: 0 };
    const total = bytesOf(reference);
    entries.set(reference, { ...fresh, reference, state: 'waiting', bytes: undefined, total });
  }
}

/** An image may come by other ways, and go again. */
function place(entry: Entry, there: HostImage | undefined, now: Date, onChange: () => void): void {
  const { state } = entry;
  if (there !== undefined) become(entry, 'present', now, { bytes: there.bytes });
  else if (state === 'present') become(entry, 'waiting', now, { bytes: undefined });
  if (state !== entry.state) onChange();
}

/**
 * Pins what is wanted and here; takes the pin away from what is not wanted any more, if it is ours. To have an image counts more than to keep it: what
 * fails here is done again in the next turn. Answers whether all of it worked.
 */
async function pinWanted({ images, log, entries }: Keeping, signal: AbortSignal): Promise<boolean> {
  try {
    const pinned = new Set(await images.pinned(signal));
    for (const { reference, state } of entries.values()) {
      if (state === 'present' && !pinned.has(reference)) await images.pin(reference, signal);
    }
    for (const reference of pinned) {
      if (entries.has(reference)) continue;
      await images.unpin(reference, signal);
      log.info('image is not kept any more', { image: reference });
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Problem) || error.code === 'internal.bug') throw error;
    log.warn('images not pinned', { code: error.code, detail: error.detail });
    return false;
  }
}

/** Fetches one image, and looks meanwhile how far it is. What nobody wants any more is stopped. */
async function pullWatched(
  { images, clock, wish, onChange }: Setting,
  entry: Entry,
  signal: AbortSignal,
): Promise<void> {
  const { reference } = entry;
  const over = new AbortController();
  const stop = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const watch = async (): Promise<void> => {
    while (!until.aborted) {
      await clock.sleep(LOOK.progressMs, until);
      if (until.aborted) return;
      if (!wish().references.includes(reference)) return stop.abort();
      // Not to know how far it is stops nothing.
      const seen = await images.progress(reference, until).catch(() => undefined);
      if (seen !== undefined && !until.aborted) Object.assign(entry, seen);
      onChange();
    }
  };
  const watching = watch();
  try {
    await images.pull(reference, AbortSignal.any([signal, stop.signal]));
  } finally {
    over.abort();
    await watching;
  }
}
