/** Either the value, or in words why these bytes are no JSON that we read. */
export type JsonReading =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

const MAX_DEPTH = 32;
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const COLON = /[ \t\n\r]*:/y;

const no = (why: string): { ok: false; why: string } => ({ ok: false, why });

/** Index of the quote that ends the string which starts at `start`; -1 when there is none. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i += 1;
    else if (c === 0x22) return i;
  }
  return -1;
}

function unquote(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Says what is wrong with a member's name, remembering it in the names of its object. */
function keyFault(key: string, names: Set<string> | undefined): string | undefined {
  if (names === undefined) return 'a name stands where none may stand';
  if (FORBIDDEN.has(key)) return `the name '${key}' is not allowed`;
  if (names.has(key)) return `the name '${key.slice(0, 64)}' occurs twice in one object`;
  names.add(key);
  return undefined;
}

function numberFault(text: string, at: number): { why: string } | { end: number } {
  NUMBER.lastIndex = at;
  const literal = NUMBER.exec(text)?.[0];
  if (literal === undefined) return { why: 'a number is malformed' };
  const value = Number(literal);
  const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return exact ? { end: at + literal.length } : { why: 'a number is too large to be exact' };
}

/**
 * Looks for what `JSON.parse` lets pass: names that occur twice, names that reach the prototype, nesting deeper than 32,
 * integers that are not exact, text that is no Unicode. Does not recurse; reads each character once.
 */
function scan(text: string): string | undefined {
  const stack: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b) {
      stack.push(c === 0x7b ? new Set() : undefined);
      if (stack.length > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH}`;
    } else if (c === 0x7d || c === 0x5d) stack.pop();
    else if (c === 0x22) {
      const end = endOfString(text, i);
      if (end < 0) return 'a text does not end';
      const value = unquote(text.slice(i, end + 1));
      if (value === undefined) return 'a text is malformed';
      i = end;
      COLON.lastIndex = end + 1;
      const fault = COLON.test(text) ? keyFault(value, stack.at(-1)) : undefined;
      if (fault !== undefined) return fault;
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      const number = numberFault(text, i);
      if ('why' in number) return number.why;
      i = number.end - 1;
    }
  }
  return undefined;
}

/**
 * Reads the exact bytes of a document from outside, once (protocols §8 "parser confusion").
 *
 * @param maxBytes cap in bytes, checked before anything else
 */
export function readStrictJson(bytes: Uint8Array, maxBytes: number): JsonReading {
  if (bytes.length > maxBytes) return no(`it has ${bytes.length} bytes, more than ${maxBytes}`);
  if (bytes.length === 0) return no('it is empty');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return no('it is not UTF-8');
  }
  const fault = scan(text);
  if (fault !== undefined) return no(fault);
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return no('it is not JSON');
  }
}

/** An own member of a JSON object; undefined for anything else. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
