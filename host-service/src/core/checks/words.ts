/** Amounts as people say them: decimal units, one digit where it matters. */
export function bytesText(bytes: number): string {
  const [unit, size] =
    bytes >= 1e12 ? (['TB', 1e12] as const) : bytes >= 1e9 ? (['GB', 1e9] as const) : (['MB', 1e6] as const);
  const amount = bytes / size;
  return `${amount >= 10 ? Math.round(amount) : Math.round(amount * 10) / 10} ${unit}`;
}

const MIB = 1024 * 1024;
export const memoryText = (mib: number): string => bytesText(mib * MIB);

/** A span of time in the unit that suits it. */
export function spanText(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 1) return `${Math.round(Math.abs(ms))} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

export const percentText = (part: number): string => `${Math.round(part)} %`;

/** A time without seconds, in UTC: `2026-11-21 22:40 UTC`. */
export const timeText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
