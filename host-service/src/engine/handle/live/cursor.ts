import { z } from 'zod';
import { ObjectName } from '../../../contract/names.ts';

/** Place in the stream of events: which snapshot, and which operation event came last. */
export interface Cursor {
  /** resourceVersion of the Appliance, for people who look into one. */
  readonly revision: string;
  /** What the snapshot said, in 16 hex digits: equal for every replica and over restarts. */
  readonly content: string;
  /** Name of the operation and number of its event; undefined = no event was there yet. */
  readonly last: { readonly operation: string; readonly n: number } | undefined;
}

const LONGEST = 512;
const Written = z.tuple([
  z.string().max(64),
  z.string().regex(/^[a-f0-9]{16}$/),
  z.union([z.tuple([]), z.tuple([ObjectName, z.int().min(0)])]),
]);

/** The cursor as text, without characters that would need escapes in a URL or a header. */
export function cursorText({ revision, content, last }: Cursor): string {
  const place = last === undefined ? [] : [last.operation, last.n];
  return Buffer.from(JSON.stringify([revision, content, place])).toString('base64url');
}

/** Reads a cursor that came from outside; undefined when it is none of ours. */
export function parseCursor(text: string): Cursor | undefined {
  if (text.length > LONGEST) return undefined;
  const json = jsonIn(Buffer.from(text, 'base64url').toString('utf8'));
  const parsed = Written.safeParse(json);
  if (!parsed.success) return undefined;
  const [revision, content, [operation, n]] = parsed.data;
  const last = operation === undefined || n === undefined ? undefined : { operation, n };
  return { revision, content, last };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
