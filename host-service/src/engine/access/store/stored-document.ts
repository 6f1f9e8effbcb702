import type { z } from 'zod';
import { Problem } from '../../../contract/problem.ts';
import type { KubeInput, KubeObject } from '../../ports.ts';
import type { SecretCluster } from '../ports.ts';

/** Writes that lost against another one before it is given up. */
const TRIES = 8;
/** Changes of one document that may wait in this process. */
const WAITING_MAX = 64;
const RETRY_AFTER_MS = 1_000;
/** Longest document in characters: an object may have about 1 MiB, and base64 makes it longer. */
const LONGEST = 512 * 1024;

/** What a change makes of the document: the next one (absent = no write) and what it has to say. */
export interface Changed<D, R> {
  readonly next?: D | undefined;
  readonly result: R;
}

/** One JSON document in one key of one Secret. All throw Problem cluster.*. */
export interface StoredDocument<D> {
  /** undefined = not there. Problem cluster.bad-answer when it cannot be read: never taken for "not there" (B-93). */
  read(signal: AbortSignal): Promise<D | undefined>;
  /**
   * Reads, changes and writes with the version that was read, again and again while somebody else was faster. `change` must be pure; what it
   * throws ends the attempt. Changes of one process go one after the other.
   */
  change<R>(change: (current: D | undefined) => Changed<D, R>, signal: AbortSignal): Promise<R>;
}

export interface Place<D> {
  readonly cluster: SecretCluster;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly schema: z.ZodType<D>;
}

/** The document at this place. */
export function createStoredDocument<D>(place: Place<D>): StoredDocument<D> {
  const inTurn = createTurns();
  return {
    read: async (signal) => (await fetch(place, signal)).document,
    change: (change, signal) =>
      inTurn(async () => {
        for (let attempt = 1; ; attempt += 1) {
          signal.throwIfAborted();
          const { object, document } = await fetch(place, signal);
          const { next, result } = change(document);
          if (next === undefined) return result;
          try {
            await write(place, object, next, signal);
            return result;
          } catch (error) {
            const isConflict = error instanceof Problem && error.code === 'cluster.conflict';
            if (!isConflict || attempt >= TRIES) throw error;
          }
        }
      }),
  };
}

async function fetch<D>(
  { cluster, namespace, name, key, schema }: Place<D>,
  signal: AbortSignal,
): Promise<{ readonly object: KubeObject | undefined; readonly document: D | undefined }> {
  const object = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, signal);
  const text = dataOf(object)[key];
  return { object, document: text === undefined ? undefined : parse(text, schema, `${name}/${key}`) };
}

/** The data of a Secret as it is stored, base64. */
export function dataOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  const data: unknown = object?.['data'];
  if (typeof data !== 'object' || data === null) return {};
  const pairs = Object.entries(data).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

function parse<D>(base64: string, schema: z.ZodType<D>, where: string): D {
  const parsed = schema.safeParse(jsonOf(Buffer.from(base64, 'base64').toString('utf8')));
  if (parsed.success) return parsed.data;
  // The path only: a value may be a secret.
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new Problem('cluster.bad-answer', `Secret ${where} cannot be read${at === '' ? '' : ` at ${at}`}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function write<D>(
  { cluster, namespace, name, key }: Place<D>,
  object: KubeObject | undefined,
  document: D,
  signal: AbortSignal,
): Promise<void> {
  const text = JSON.stringify(document);
  if (text.length > LONGEST) throw new Problem('cluster.invalid', `Secret ${name} would be too large`);
  await putData({ cluster, namespace, name }, object, { [key]: Buffer.from(text, 'utf8') }, signal);
}

/** Writes keys of a Secret, beside those that are there; everything else of the object stays. Problem cluster.conflict when it changed. */
export async function putData(
  place: Pick<Place<unknown>, 'cluster' | 'namespace' | 'name'>,
  object: KubeObject | undefined,
  keys: Readonly<Record<string, Buffer>>,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, namespace, name } = place;
  const encoded = Object.fromEntries(
    Object.entries(keys).map(([key, bytes]) => [key, bytes.toString('base64')]),
  );
  if (object === undefined) {
    const fresh = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, namespace } };
    await cluster.create({ ...fresh, data: encoded }, signal);
    return;
  }
  await cluster.replace({ ...forReplace(object), data: { ...dataOf(object), ...encoded } }, signal);
}

/** What a PUT of the same object carries: all of it but the record of who wrote what. */
const forReplace = ({ metadata, ...rest }: KubeObject): KubeInput => ({
  ...rest,
  metadata: { ...metadata, ...{ managedFields: undefined } },
});

/** Runs one after the other. Problem request.rate-limited when too many wait. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (work) => {
    if (waiting >= WAITING_MAX) {
      throw new Problem('request.rate-limited', 'too many sign-ins at the same time', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    waiting += 1;
    const turn = last.then(work, work).finally(() => (waiting -= 1));
    last = turn.catch(() => undefined);
    return turn;
  };
}
