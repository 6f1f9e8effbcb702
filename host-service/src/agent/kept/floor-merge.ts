import { z } from 'zod';
import { Floor } from '../../contract/objects.ts';

type Data = Readonly<Record<string, string>>;

const STATEMENT = 'statement.';
const KEYS = 'trust.keys';
const Versioned = z.looseObject({ version: z.int() });

function parsed<S extends z.ZodType>(text: string | undefined, schema: S): z.output<S> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether the copy's text under that key counts more than the cluster's: it is readable, of the same channel and higher. */
function isHigher(key: string, cluster: string | undefined, copy: string): boolean {
  if (key === KEYS) {
    const [there, here] = [parsed(cluster, Versioned), parsed(copy, Versioned)];
    return here !== undefined && here.version > (there?.version ?? -1);
  }
  const here = parsed(copy, Floor);
  if (here === undefined) return false;
  const there = parsed(cluster, Floor);
  if (there === undefined) return true;
  const isSame = (['product', 'repository', 'channel'] as const).every((name) => there[name] === here[name]);
  return isSame && here.sequence > there.sequence;
}

/** That a signed release was once admitted is never forgotten, whichever floor is higher. */
function withSigned(text: string, other: string | undefined): string {
  const [floor, before] = [parsed(text, Floor), parsed(other, Floor)];
  if (floor === undefined || before?.signedSeen !== true || floor.signedSeen) return text;
  if (before.repository !== floor.repository || before.channel !== floor.channel) return text;
  return JSON.stringify({ ...floor, signedSeen: true });
}

/**
 * The higher of two states of ConfigMap `appliance-floor`, entry by entry: the cluster's where they are equal or cannot be compared. A statement
 * goes with the floor that it raised. Pure.
 */
export function higherFloor(cluster: Data, copy: Data): Readonly<Record<string, string>> {
  const keys = [...new Set([...Object.keys(cluster), ...Object.keys(copy)])].toSorted();
  const entries = keys
    .filter((key) => !key.startsWith(STATEMENT))
    .flatMap((key): readonly (readonly [string, string])[] => {
      const [there, here] = [cluster[key], copy[key]];
      const isCopys = here !== undefined && isHigher(key, there, here);
      const text = isCopys ? here : there;
      if (text === undefined) return [];
      const statement = (isCopys ? copy : cluster)[STATEMENT + key];
      const own = [key, withSigned(text, isCopys ? there : here)] as const;
      return statement === undefined ? [own] : [own, [STATEMENT + key, statement]];
    });
  return Object.fromEntries(entries);
}
