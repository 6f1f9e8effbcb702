import type { StateFolder } from '../ports.ts';

/** What is known about the time of this host, all in seconds since 1970. */
export interface ClockSight {
  readonly now: number;
  /** When what came with this host was built; 0 = not known. */
  readonly built: number;
  /** A time server has set the clock since power-on. */
  readonly isInStep: boolean;
}

/** Name of the file that the boot script reads before it starts anything. */
const FILE = 'clock';
const DAY = 86_400;
/** As the boot script has it: a kept time later than this after the build is a mistake and no floor. */
const BELIEVED = 20 * 366 * DAY;
/** As the boot script has it: a time that no server has confirmed and that lies so far past the floor may be a wrong battery clock. */
const UNPROVEN = 366 * DAY;

/**
 * The time that is to be kept as the floor of the next boot (design §2: floor = the later one of build and last saved time); undefined when the one
 * that is kept stays. Pure.
 */
export function timeToKeep({ now, built, isInStep }: ClockSight, saved: number): number | undefined {
  const believed = saved > built + BELIEVED ? 0 : saved;
  if (isInStep) return now === saved ? undefined : now;
  return now > believed && now <= Math.max(built, believed) + UNPROVEN ? now : undefined;
}

/** Keeps the present time in one piece. Throws Problem config.unreadable when it cannot be written. */
export async function keepClock(kept: StateFolder, sight: ClockSight): Promise<void> {
  const time = timeToKeep(sight, secondsIn(kept.read(FILE)));
  if (time !== undefined) await kept.write(FILE, `${time}\n`);
}

/** The number of a file of one line, when it can be a time of today; else 0, as for the boot script. */
export const secondsIn = (text: string | undefined): number =>
  /^[1-9]\d{8,10}\n?$/.test(text ?? '') ? Number(text) : 0;
