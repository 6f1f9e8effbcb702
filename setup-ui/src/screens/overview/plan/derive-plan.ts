import type { PlanDescription } from 'host-service/contract/api/plan.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import { saying, type Saying } from '../model/saying.ts';

export interface PlanStepRow {
  readonly kind: StepKind;
  readonly title: Saying;
  readonly isDone: boolean;
  readonly serverText: string;
}

/** The disk before and after, in parts of the whole between 0 and 1. */
export interface DiskBar {
  readonly total: number;
  readonly freeNow: number;
  readonly freeAfter: number;
  readonly usedShare: number;
  readonly addedShare: number;
  /** Less than nothing would be left. */
  readonly isTooSmall: boolean;
}

/** A plan as a person looks at it before the first byte (S5). */
export interface PlanFacts {
  readonly from?: string;
  readonly to?: string;
  readonly steps: readonly PlanStepRow[];
  readonly pullBytes: number;
  /** On the box already, of what the release needs. */
  readonly presentBytes: number;
  readonly pulls: PlanDescription['pulls'];
  readonly objects: Pick<PlanDescription, 'creates' | 'changes' | 'removes'>;
  readonly objectCount: number;
  readonly disk?: DiskBar;
  readonly time?: { readonly usualMs: number; readonly worstMs: number };
  /** What cannot be undone, in words; the server's sentences are English. */
  readonly oneWay?: { readonly words: Saying; readonly serverText: readonly string[] };
  readonly hosts: readonly string[];
}

const share = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));

function diskOf(disk: PlanDescription['disk']): DiskBar | undefined {
  if (disk === undefined || disk.total <= 0) return undefined;
  const { total, freeNow, freeAfter } = disk;
  return {
    total,
    freeNow,
    freeAfter: Math.max(0, freeAfter),
    usedShare: share(total - freeNow, total),
    addedShare: share(Math.min(freeNow, freeNow - freeAfter), total),
    isTooSmall: freeAfter < 0,
  };
}

/** undefined when there is no plan with steps: nothing to do, or blocked (its problem is told among the problems). */
export function planOf(plan: PlanDescription | undefined): PlanFacts | undefined {
  if (plan?.kind !== 'steps') return undefined;
  const { from, to, irreversible, creates, changes, removes, timeMs } = plan;
  const disk = diskOf(plan.disk);
  return {
    steps: plan.steps.map(({ kind, done, text }) => ({
      kind,
      title: saying(`states.kind.${kind}`),
      isDone: done,
      serverText: text,
    })),
    pullBytes: plan.pullBytes,
    presentBytes: plan.presentBytes ?? 0,
    pulls: plan.pulls,
    objects: { creates, changes, removes },
    objectCount: creates.length + changes.length + removes.length,
    hosts: plan.hosts,
    ...(from === undefined ? {} : { from: from.version }),
    ...(to === undefined ? {} : { to: to.version }),
    ...(disk === undefined ? {} : { disk }),
    ...(timeMs === undefined ? {} : { time: { usualMs: timeMs.usual, worstMs: timeMs.worst } }),
    ...(irreversible.length === 0
      ? {}
      : {
          oneWay: {
            words: saying('overview.plan.one-way', { from: from?.version ?? '', to: to?.version ?? '' }),
            serverText: irreversible,
          },
        }),
  };
}
