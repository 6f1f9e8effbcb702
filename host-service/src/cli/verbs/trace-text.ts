import type { TraceRule } from '../../contract/trace.ts';

/** Every rule that was looked at, what it said, and when that changes (R-23). */
export function traceLines(trace: readonly TraceRule[]): readonly string[] {
  return trace.map(({ rule, verdict, code, detail, changes }) => {
    const named = code === undefined ? '' : ` (${code})`;
    const when = changes?.at ?? changes?.when;
    return `  ${verdict.padEnd(6)} ${rule}: ${detail}${named}${when === undefined ? '' : `; changes ${when}`}`;
  });
}
