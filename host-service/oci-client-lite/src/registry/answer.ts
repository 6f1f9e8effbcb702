import { OciError } from '../errors.ts';
import type { OciErrorKind } from '../errors.ts';
import { discard, readAll } from '../http/body.ts';
import type { BodyContext } from '../http/body.ts';
import { retryAfterMs, retryHintMs } from '../http/retry.ts';
import type { RawAnswer } from '../http/transport.ts';
import { isObject, member, parseJson } from '../content/json.ts';

export interface AnswerContext extends BodyContext {
  /** True when a credential was sent: then a 401 is about the credential. */
  readonly withCredential: boolean;
  readonly headOnly: boolean;
  /** `Authorization` that was sent, if any; its secret is cut out of what the server says. */
  readonly sent: string | undefined;
}

export interface Said {
  readonly code: string | undefined;
  readonly message: string;
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Kinds by the registry's own code where the status alone is vague (a 400 may mean many things). */
const BY_CODE: Readonly<Record<string, OciErrorKind>> = {
  BLOB_UNKNOWN: 'not-found',
  BLOB_UPLOAD_UNKNOWN: 'not-found',
  MANIFEST_BLOB_UNKNOWN: 'not-found',
  MANIFEST_UNKNOWN: 'not-found',
  NAME_UNKNOWN: 'not-found',
  DIGEST_INVALID: 'damaged',
  SIZE_INVALID: 'damaged',
  NAME_INVALID: 'invalid-reference',
  TAG_INVALID: 'invalid-reference',
  UNSUPPORTED: 'unsupported',
  TOOMANYREQUESTS: 'rate-limited',
  DENIED: 'denied',
};

function kindOf(status: number, code: string | undefined, withCredential: boolean): OciErrorKind {
  if (status === 429 || code === 'TOOMANYREQUESTS') return 'rate-limited';
  if (status === 401) return withCredential ? 'credentials-stale' : 'denied';
  if (status === 403) return 'denied';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 405 || status === 406 || status === 415 || status === 501) return 'unsupported';
  if (status === 407) return 'proxy';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 413) return 'too-large';
  if (status === 408 || status >= 500) return 'outage';
  if (status === 400) return BY_CODE[code ?? ''] ?? 'protocol';
  return 'protocol';
}

/** Reads the error document (distribution-spec "Error codes"); any other body is described, not quoted at length. */
function readBody(bytes: Uint8Array, type: string): Said {
  if (type.includes('html')) return { code: undefined, message: 'a page of HTML' };
  try {
    const body = parseJson(bytes, '', 'error body');
    const list = isObject(body) ? member(body, 'errors') : undefined;
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    if (isObject(first)) {
      const code = member(first, 'code');
      const message = member(first, 'message');
      return {
        code: typeof code === 'string' && CODE.test(code) ? code : undefined,
        message: typeof message === 'string' ? message : '',
      };
    }
  } catch {
    // Any format is allowed for an error body; it is then shown as text.
  }
  return { code: undefined, message: Buffer.from(bytes).toString('utf8') };
}

/** What a registry or token server says about its refusal; reads (and bounds) the body, never fails. */
export async function readError(
  answer: RawAnswer,
  context: BodyContext,
  secrets: readonly string[],
): Promise<Said> {
  try {
    const bytes = await readAll(answer, context.runtime.errorBytes, context);
    const said = readBody(bytes, answer.header('content-type') ?? '');
    // A server may repeat what it was sent.
    const hide = (text: string, secret: string): string =>
      secret === '' ? text : text.replaceAll(secret, '[redacted]');
    return { code: said.code, message: secrets.reduce(hide, said.message) };
  } catch {
    // The status says enough; the body was too large, encoded or cut.
    return { code: undefined, message: '' };
  }
}

/** Code and message as one text. */
export function wordsOf(said: Said): string {
  const words = [said.code, said.message].filter((text) => text !== undefined && text !== '').join(' ');
  return words === '' ? '' : `: ${words.slice(0, 300)}`;
}

/** Turns an answer nobody wanted into an error; reads (and bounds) its body. */
export async function errorOf(answer: RawAnswer, context: AnswerContext): Promise<OciError> {
  const { status } = answer;
  let said: Said = { code: undefined, message: '' };
  if (context.headOnly) await discard(answer);
  else said = await readError(answer, context, [context.sent?.replace(/^\S+ /, '') ?? '']);
  const kind = kindOf(status, said.code, context.withCredential);
  const wait =
    retryAfterMs(answer.header('retry-after'), answer.header('date')) ??
    (kind === 'rate-limited' ? retryHintMs(said.message) : undefined);
  const hint = kind === 'denied' && !context.withCredential ? ' (private, or it does not exist)' : '';
  const detail = `${context.what}: ${answer.url.host} answered ${status}${hint}${wordsOf(said)}`;
  return new OciError(kind, context.registry, detail, {
    status,
    retryAfterMs: wait,
    registryCode: said.code,
  });
}
