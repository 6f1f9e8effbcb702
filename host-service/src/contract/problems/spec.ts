/** Who acts next: the box by itself, the cluster (we wait), the person at the box, the vendor's support, the vendor's release team. */
export type NextActor = 'appliance' | 'cluster' | 'operator' | 'support' | 'vendor';

export interface ProblemSpec {
  readonly next: NextActor;
  /** HTTP status when the API answers with it. */
  readonly http: number;
  /** What is true. Fixed text under 120 characters, no Kubernetes words. */
  readonly title: string;
  /** What to do. Fixed text under 120 characters. */
  readonly remedy: string;
}

/** One row of the table of problems. */
export const spec = (next: NextActor, http: number, title: string, remedy: string): ProblemSpec => ({
  next,
  http,
  title,
  remedy,
});
