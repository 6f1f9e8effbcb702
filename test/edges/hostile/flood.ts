import { answersIn, exchange } from './client.ts';
import type { Dice } from './dice.ts';
import { faultOf, type Who } from './judge.ts';
import { makeAsk, type Ask, type Target } from './requests.ts';
import { SECRET } from './bodies.ts';

/** Connections at the same time. */
const AT_ONCE = 24;
/** Passwords that would have to be hashed come from so many addresses: the rest meets the limit of the address. */
const COSTLY_ADDRESSES = 4;

export interface Flood {
  readonly port: number;
  readonly dice: Dice;
  readonly target: Target;
  /** Requests to be sent at least. */
  readonly count: number;
  /** Whom the cookies of the target make; without a cookie it is nobody. */
  readonly actors: readonly (Who | undefined)[];
  /** Words that no answer may hold. */
  readonly hidden: readonly string[];
}

export interface Flooded {
  readonly requests: number;
  readonly connections: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What was wrong, with what was sent. At most the first twenty. */
  readonly faults: readonly string[];
}

/** An address of this machine for each connection; two floods of one box do not share any. */
const addressOf = (index: number, isCostly: boolean): string =>
  isCostly
    ? `127.250.0.${1 + (index % COSTLY_ADDRESSES)}`
    : `127.${1 + ((index >> 14) & 63)}.${(index >> 7) & 127}.${1 + (index & 127)}`;

const shown = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 600).toString('latin1'));

/** Sends so many requests, and judges every answer. */
export async function flood(input: Flood): Promise<Flooded> {
  const { dice, target, count, actors, port } = input;
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let [requests, connections] = [0, 0];
  const run = async (): Promise<void> => {
    while (requests < count) {
      const ask = makeAsk(dice, target, dice.pick<Who | 'none'>(actors.map((one) => one ?? 'none')));
      requests += Math.max(1, ask.methods.length);
      connections += 1;
      const from = addressOf(connections, ask.isCostly);
      const text = await exchange(port, from, ask.bytes, ask.isWhole).catch(String);
      const found = faultsIn(input, ask, text, statuses);
      if (found !== undefined && faults.length < 20)
        faults.push(
          `${found} (${ask.kind} of ${ask.actor ?? 'none'}): ${shown(ask.bytes)} -> ${text.slice(0, 400)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return { requests, connections, statuses, faults };
}

/** What is wrong with what came back on a connection. */
function faultsIn(
  { hidden }: Flood,
  ask: Ask,
  text: string,
  statuses: Map<number, number>,
): string | undefined {
  const leaked = [SECRET, ...hidden].find((word) => text.includes(word));
  if (leaked !== undefined) return `an answer holds ${leaked}`;
  if (text === '') return ask.isWhole ? 'not answered' : undefined;
  let answers;
  try {
    answers = answersIn(text, ask.methods);
  } catch (error) {
    return ask.isWhole ? String(error) : undefined;
  }
  const who: Who = ask.actor === 'viewer' || ask.actor === 'admin' ? ask.actor : 'nobody';
  for (const [index, answer] of answers.entries()) {
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    // Of half a conversation the last answer may be half as well.
    if (!ask.isWhole && !answer.isWhole) continue;
    const found = faultOf(answer, who, ask.methods[index] === 'HEAD');
    if (found !== undefined) return `${found}, answer ${index + 1}`;
  }
  return undefined;
}
