import type { z } from 'zod';
import type { Route } from '../contract/api/route.ts';
import { Problem, safeLine } from '../contract/problem.ts';

/** Bytes, where the table says nothing. */
export const DEFAULT_BODY_BYTES = 64 * 1024;

/** The body as it came, at most `maxBytes`: counted while it streams, so that nothing larger is ever held. @throws Problem request.* */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): Problem =>
    new Problem('request.too-large', `at most ${maxBytes} bytes are taken here`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new Problem('request.invalid', 'the body did not arrive in full', { cause });
    });
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** Refuses what does not say that it is plain JSON: forms of other sites cannot say that without being asked (CSRF). */
export function requireJsonType(headers: Headers): void {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const isUtf8 = parameters.every((one) => /^\s*(charset\s*=\s*"?utf-8"?\s*)?$/.test(one));
  const coding = headers.get('content-encoding') ?? 'identity';
  if (type.trim() !== 'application/json' || !isUtf8 || coding.toLowerCase() !== 'identity')
    throw new Problem('request.media-type', 'only application/json in UTF-8, not compressed');
}

/** @throws Problem request.invalid */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return value;
  } catch (cause) {
    throw new Problem('request.invalid', 'the body is not JSON', { cause });
  }
}

/** The value by its schema. The detail names the place, never the value: it may be a password. @throws Problem request.invalid */
export function parseBy<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [what, ...(issue?.path ?? [])].map(String).join('.');
  throw new Problem('request.invalid', safeLine(`${path}: ${issue?.message ?? 'cannot be used'}`));
}

/**
 * The query of a request by its route's schema. Each name once; on a route that changes something no name that it does not know, because
 * a misspelt `dry_run` must not become the real thing. @throws Problem request.invalid
 */
export function parseQuery({ method, query }: Route, url: URL): unknown {
  const values: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (Object.hasOwn(values, name))
      throw new Problem('request.invalid', 'query: each name may be given once only');
    Object.defineProperty(values, name, { value, enumerable: true });
  }
  if (query === undefined) {
    if (method !== 'GET' && Object.keys(values).length > 0)
      throw new Problem('request.invalid', 'query: nothing is taken here');
    return undefined;
  }
  return parseBy(method === 'GET' ? query : query.strict(), values, 'query');
}
