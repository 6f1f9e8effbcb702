import type { PullProgress } from 'host-service/contract/host/pull.ts';

/** One download as a person looks at it (E-01). */
export interface Download {
  readonly what: string;
  readonly digest: string;
  readonly state: PullProgress['state'];
  readonly bytes?: number;
  readonly total?: number;
  readonly retries: number;
  /** Why the last try failed. */
  readonly code?: NonNullable<PullProgress['code']>;
  readonly since?: string;
}

export interface Downloads {
  readonly rows: readonly Download[];
  /** Bytes that are here, and of all together, as far as they are known. */
  readonly bytes: number;
  readonly total: number;
  readonly present: number;
}

/** What is on its way, in the box's order; undefined when nothing is. */
export function downloadsOf(pulls: readonly PullProgress[] | undefined): Downloads | undefined {
  if (pulls === undefined || pulls.length === 0) return undefined;
  const rows = pulls.map(rowOf);
  return {
    rows,
    bytes: rows.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    total: rows.reduce((sum, { total = 0 }) => sum + total, 0),
    present: rows.filter(({ state }) => state === 'present').length,
  };
}

function rowOf({ what, digest, state, bytes, total, retries = 0, code, since }: PullProgress): Download {
  return {
    ...{ what, digest, state, retries },
    // A registry may tell another size than the release: never more than all of it.
    ...(bytes === undefined ? {} : { bytes: total === undefined ? bytes : Math.min(bytes, total) }),
    ...(total === undefined ? {} : { total }),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { since }),
  };
}
