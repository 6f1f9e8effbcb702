/** Milliseconds after which the guard acts (design §6.6). */
export const GUARD_TIMES = {
  /** In probation: no address gets requests. */
  probationMs: 30_000,
  /** Else: the same, and a program has ended or cannot be started. */
  evidenceMs: 30_000,
  /** Else: the same, and its program runs. */
  silenceMs: 90_000,
  /** Nothing has even been started: that is the platform's business for longer, because nothing new was put in. */
  notStartedMs: 300_000,
  /** In place of evidence and silence while a journalled roll goes on and former pods are ready. */
  rollingMs: 300_000,
  /** So old an open roll does not go on any more. */
  rollMs: 600_000,
  /** Somebody else leads and is at it: only evidence that lasts so long overrules that. */
  leaderMs: 120_000,
  /** It answers, and long after its probation it has not said that it works: it lacks something that it needs for that. */
  unclearedMs: 300_000,
  /** There is no Deployment. */
  absentMs: 30_000,
  /** After power-on the platform needs so long to start what was running. */
  bootMs: 180_000,
  /** Longest time between looks while something is not well. */
  lookMs: 5_000,
} as const;

/** Restarts in probation that are a verdict. */
export const PROBATION_RESTARTS = 2;
