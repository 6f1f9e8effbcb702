import type { PulledImage } from '../../contract/objects.ts';
import type { Problem } from '../../contract/problem.ts';
import { parseReference } from '../../core/images/reference.ts';

/** One image that this host was asked for, as far as this program knows. May be lost at any time: the runtime is asked again. */
export interface Entry {
  readonly reference: string;
  state: PulledImage['state'];
  /** Bytes that lie here; undefined = not known. */
  bytes: number | undefined;
  /** Bytes of all of it: as its release says at first, as its manifest says once that has come. */
  total: number | undefined;
  retries: number;
  since: Date;
  code: string | undefined;
  detail: string | undefined;
  /** Monotonic milliseconds before which it is not tried again. */
  dueAt: number;
}

/** Milliseconds before the next try: the first one and the longest. */
const RETRY = { first: 2_000, longest: 300_000 } as const;

/** Puts an entry into another state; the time is that of the change. */
export function become(
  entry: Entry,
  state: Entry['state'],
  now: Date,
  more: Partial<Pick<Entry, 'bytes' | 'total'>> = {},
): void {
  if (entry.state !== state) entry.since = now;
  Object.assign(entry, { state, ...more });
  if (state === 'present') Object.assign(entry, { retries: 0, code: undefined, detail: undefined });
}

/** Notes a try that failed, and when the next one is due. `random`: 0 <= x < 1. */
export function fail(
  entry: Entry,
  { code, detail }: Pick<Problem, 'code' | 'detail'>,
  at: { readonly now: Date; readonly monotonic: number; readonly random: number },
): void {
  become(entry, 'failed', at.now);
  entry.retries += 1;
  const waitMs = Math.min(RETRY.longest, RETRY.first * 2 ** Math.min(entry.retries - 1, 20));
  Object.assign(entry, { code, detail, dueAt: at.monotonic + waitMs * (0.8 + 0.4 * at.random) });
}

/** What has to be fetched next: of all that is due the smallest; what nobody knows the size of comes last. Pure. */
export function nextOf(entries: Iterable<Entry>, monotonic: number): Entry | undefined {
  const due = [...entries].filter(({ state, dueAt }) => state !== 'present' && dueAt <= monotonic);
  const size = ({ total }: Entry): number => total ?? Number.MAX_SAFE_INTEGER;
  return due.toSorted((a, b) => size(a) - size(b))[0];
}

/** What the report says of one. What is there needs no words. */
export function reported(entry: Entry): PulledImage {
  const { reference, state, bytes, total, retries, since, code, detail } = entry;
  return {
    image: reference,
    state,
    ...(bytes === undefined ? {} : { bytes }),
    ...(total === undefined || state === 'present' ? {} : { total }),
    ...(retries === 0 ? {} : { retries }),
    since: since.toISOString(),
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** What the engine asks for, as far as it can be read: references in their order, and bytes by reference. */
export interface Wish {
  readonly references: readonly string[];
  readonly bytesOf: (reference: string) => number | undefined;
}

/** Reads a wish; what is no image by its digest is left out (and refused by name in the report). Pure. */
export function wishOf(spec: {
  readonly images: readonly string[];
  readonly imageBytes?: Readonly<Record<string, number>> | undefined;
}): Wish {
  const references = [...new Set(spec.images)].filter((one) => parseReference(one) !== undefined);
  const bytes = new Map(Object.entries(spec.imageBytes ?? {}));
  return { references, bytesOf: (reference) => bytes.get(reference.slice(reference.indexOf('@') + 1)) };
}

export const NO_WISH: Wish = { references: [], bytesOf: () => undefined };
