import type { ReactNode } from 'react';

/** How much of something is done: as a bar and in words. */
export function ProgressBar(props: {
  readonly done: number;
  readonly total: number;
  readonly label: string;
}): ReactNode {
  const { done, total, label } = props;
  return (
    <div>
      <div role="progressbar" aria-valuemin={0} aria-valuemax={total} aria-valuenow={done} aria-label={label}>
        <svg
          aria-hidden="true"
          viewBox="0 0 1000 10"
          preserveAspectRatio="none"
          className="block h-2 w-full overflow-hidden rounded bg-sunken"
        >
          <rect width={(1000 * done) / Math.max(1, total)} height="10" className="fill-accent" />
        </svg>
      </div>
      <p className="tabular mt-1 text-xs text-muted">{label}</p>
    </div>
  );
}
