import { OciError } from '../errors.ts';

const MAX_DEPTH = 32;

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object (no array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own property only, so that a document cannot answer through the prototype. */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Deepest nesting of brackets outside strings; cheap and without recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i += 1;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, (depth += 1));
    else if (c === 0x7d || c === 0x5d) depth -= 1;
  }
  return deepest;
}

/**
 * Parses UTF-8 JSON of bounded depth from outside. The caller has bounded the size.
 *
 * @throws OciError `protocol`
 */
export function parseJson(bytes: Uint8Array, registry: string, what: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (depthOf(text) > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH}`);
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'not JSON';
    throw new OciError('protocol', registry, `${what}: ${why}`);
  }
}
