/** Parts of a length of time in milliseconds, cut to whole seconds. Negative lengths (clocks differ) count as none. */
export function durationParts(ms: number): { d: number; h: number; m: number; s: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return {
    d: Math.floor(seconds / 86_400),
    h: Math.floor(seconds / 3600) % 24,
    m: Math.floor(seconds / 60) % 60,
    s: seconds % 60,
  };
}

type Unit = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';
const STEPS: readonly (readonly [Unit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** `3 minutes ago`, `in 2 days`; undefined within 10 s, which is "just now". */
export function relativeTime(atMs: number, nowMs: number, tag: string): string | undefined {
  const difference = atMs - nowMs;
  if (Math.abs(difference) < 10_000) return undefined;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(difference) >= step) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat(tag, { numeric: 'always' }).format(
    Math.trunc(difference / length),
    unit,
  );
}

/** Date and time to the second with the zone's name (E-17). */
export function absoluteTime(atMs: number, tag: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(tag, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(atMs);
}

/** `14:03`; with its date when that is not today's. */
export function clockTime(atMs: number, tag: string, nowMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(tag, isToday ? time : { ...time, month: 'short', day: 'numeric' }).format(
    atMs,
  );
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Bytes in decimal units, as disks and providers count: `1.4 GB`. */
export function bytesText(bytes: number, tag: string): string {
  const power = Math.min(
    BYTE_UNITS.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3)),
  );
  return new Intl.NumberFormat(tag, {
    style: 'unit',
    unit: BYTE_UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power);
}

/** `sha256:0123456789ab…` -> `0123456789ab`: twelve characters, as objects in the cluster are named. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
