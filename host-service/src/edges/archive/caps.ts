/** What an archive from outside may be at most (protocols §8). Sizes in bytes. */
export interface UnpackCaps {
  readonly compressed: number;
  readonly expanded: number;
  /** Expanded bytes for each compressed byte. */
  readonly ratio: number;
  readonly entries: number;
  readonly file: number;
  /** Bytes of a path. */
  readonly path: number;
  /** Folders below each other. */
  readonly depth: number;
}

/** Caps for config bundles. */
export const BUNDLE_CAPS: UnpackCaps = {
  compressed: 20 * 1024 * 1024,
  expanded: 100 * 1024 * 1024,
  ratio: 100,
  entries: 10_000,
  file: 5 * 1024 * 1024,
  path: 255,
  depth: 32,
};
