/** Remembers for which builds this tab has loaded itself again; survives the reload, not the tab. */
export interface ReloadMemory {
  readonly has: (build: string) => boolean;
  /** False = cannot remember, so do not reload: it might never end. */
  readonly add: (build: string) => boolean;
}

export interface BuildWatchOptions {
  readonly memory: ReloadMemory;
  /** No dialog open, nothing typed, nobody busy. */
  readonly isSafe: () => boolean;
  readonly reload: () => void;
  /** Calls back again and again until told to stop. */
  readonly every: (action: () => void, ms: number) => () => void;
}

export interface BuildWatch {
  /** The build that an answer, a beat or a snapshot named. */
  readonly see: (build: string) => void;
  /** A part of this page is no longer on the server: load it again, once. */
  readonly lost: () => void;
}

const LOOK_MS = 500;

/**
 * The tab outlives the server (style §4.4): when the build changes, the page loads itself again at a safe moment. At most once for each
 * build, also while two builds answer in turn during a roll.
 */
export function createBuildWatch(options: BuildWatchOptions): BuildWatch {
  let own: string | undefined;
  let wanted: string | undefined;
  let stop: (() => void) | undefined;
  const look = (): void => {
    if (wanted === undefined) {
      stop?.();
      stop = undefined;
      return;
    }
    if (!options.isSafe()) return;
    stop?.();
    stop = undefined;
    if (options.memory.add(wanted)) options.reload();
  };
  const want = (build: string): void => {
    if (options.memory.has(build)) return;
    wanted = build;
    stop ??= options.every(look, LOOK_MS);
  };
  return {
    see: (build) => {
      own ??= build;
      if (build === own) wanted = undefined;
      else want(build);
    },
    lost: () => want(`lost:${own ?? ''}`),
  };
}
