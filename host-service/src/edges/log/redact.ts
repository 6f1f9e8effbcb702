import { Problem, safeLine } from '../../contract/problem.ts';

const HIDDEN = '[hidden]';
/** Names under which secrets travel: headers, kubeconfig members, settings. */
const SECRET_NAME =
  /^(proxy-)?authorization$|cookie|passw(or)?d|passphrase|secret$|(^|[-_.a-z])token$|api[-_]?key|private[-_]?key|client[-_]?key(-data)?$|credential/i;
const MAX_DEPTH = 6;
const MAX_ITEMS = 64;
const MAX_TEXT = 4096;

/** Secrets that stand inside of text: bearer headers, passwords in addresses, private keys. */
function textOf(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return cut
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9+/=_.~-]{6,}/g, `$1 ${HIDDEN}`)
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${HIDDEN}@`)
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN);
}

/** A message as one printable line without secrets. */
export const redactLine = (text: string): string => safeLine(textOf(text));

function errorOf(error: Error, depth: number): Record<string, unknown> {
  const known = error instanceof Problem ? { code: error.code } : { name: error.name };
  const cause = error.cause === undefined || depth <= 1 ? {} : { cause: redact(error.cause, depth - 1) };
  // The stack of a problem tells nothing that its code does not; that of a bug is what support needs.
  const stack = error instanceof Problem ? {} : { stack: textOf(error.stack ?? '') };
  return { ...known, message: textOf(error.message), ...stack, ...cause };
}

function isSecretObject(value: object): boolean {
  return 'kind' in value && value.kind === 'Secret';
}

/**
 * A copy of `value` that is safe to write: members with secret names, the data of Secret objects and secrets inside of text are
 * hidden, depth and width are bounded, errors become code and message.
 */
export function redact(value: unknown, depth: number = MAX_DEPTH): unknown {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Error) return errorOf(value, depth);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth - 1));
  const hideData = isSecretObject(value);
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.map(([name, member]) => {
      const hidden = SECRET_NAME.test(name) || (hideData && (name === 'data' || name === 'stringData'));
      return [name, hidden && member !== undefined ? HIDDEN : redact(member, depth - 1)];
    }),
  );
}
