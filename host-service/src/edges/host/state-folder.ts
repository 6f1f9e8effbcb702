import { join } from 'node:path';
import { Problem } from '../../contract/problem.ts';
import { readSmall } from './small-text.ts';
import { writeWhole } from './whole-file.ts';

/** Bytes of one text: ConfigMaps are no larger. */
const MAX_BYTES = 2 * 1024 * 1024;

/** Small texts of the host program in one folder, 0600. */
export function createStateFolder(folder: string): {
  /** undefined when there is none or it cannot be read. */
  read(name: string): string | undefined;
  /** In one piece. Throws Problem config.unreadable. */
  write(name: string, text: string): Promise<void>;
} {
  const pathOf = (name: string): string => {
    if (!/^[a-z][a-z0-9.-]{0,62}$/.test(name))
      throw new Problem('internal.bug', `${name} is no name of a state`);
    return join(folder, name);
  };
  return {
    read: (name) => readSmall(pathOf(name), MAX_BYTES),
    write: (name, text) => writeWhole(pathOf(name), text),
  };
}
