import { z } from 'zod';
import { Problem, type ProblemCode } from '../../../contract/problem.ts';

/** `Status` of the API server (apimachinery meta/v1). */
const StatusBody = z.looseObject({
  kind: z.literal('Status'),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.int().optional(),
  details: z
    .looseObject({
      name: z.string().optional(),
      kind: z.string().optional(),
      retryAfterSeconds: z.int().optional(),
      causes: z
        .array(
          z.looseObject({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});
export type StatusBody = z.infer<typeof StatusBody>;

/** An answer that is not a success. */
export interface BadAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  /** What was asked, e.g. `GET /api/v1/nodes`. */
  readonly what: string;
  /** The object is a Secret: messages of the server may quote its values, so they are left out. */
  readonly secret: boolean;
}

/** The server's own words about a failure, if that is what the text holds. */
export function statusBodyOf(text: string): StatusBody | undefined {
  try {
    return StatusBody.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Fields that another manager owns, by manager, from a refused apply. */
export function fieldConflicts(body: StatusBody | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const cause of body?.details?.causes ?? []) {
    if (cause.reason !== 'FieldManagerConflict') continue;
    const manager = /conflict with "([^"]+)"/.exec(cause.message ?? '')?.[1] ?? 'unknown';
    found.set(manager, [...(found.get(manager) ?? []), cause.field ?? '']);
  }
  return found;
}

const CODES: Readonly<Record<number, ProblemCode>> = {
  400: 'cluster.invalid',
  401: 'cluster.unauthorized',
  403: 'cluster.forbidden',
  406: 'cluster.unsupported-media',
  408: 'cluster.timeout',
  409: 'cluster.conflict',
  410: 'cluster.gone',
  413: 'cluster.invalid',
  415: 'cluster.unsupported-media',
  422: 'cluster.invalid',
  429: 'cluster.overloaded',
  504: 'cluster.timeout',
};

/** 404 has three meanings: no such object, no such kind (as text, or as a Status that names nothing), not an API server at all. */
function notFoundCode(answer: BadAnswer, body: StatusBody | undefined): ProblemCode {
  if (body !== undefined)
    return body.details?.name === undefined ? 'cluster.no-such-kind' : 'cluster.not-found';
  return answer.text.startsWith('404 page not found') ? 'cluster.no-such-kind' : 'cluster.bad-answer';
}

function codeOf(answer: BadAnswer, body: StatusBody | undefined): ProblemCode {
  if (answer.status === 404) return notFoundCode(answer, body);
  const causes = body?.details?.causes ?? [];
  if (answer.status === 403 && causes.some((cause) => cause.reason === 'NamespaceTerminating'))
    return 'apply.namespace-terminating';
  // What does not fit the kind's schema is answered with 500 to an apply; trying again never heals it.
  if (answer.status === 500 && /failed to create typed patch object/.test(body?.message ?? ''))
    return 'cluster.invalid';
  return CODES[answer.status] ?? (answer.status >= 500 ? 'cluster.unavailable' : 'cluster.bad-answer');
}

function conflictWords(body: StatusBody | undefined): string {
  const conflicts = [...fieldConflicts(body)];
  if (conflicts.length > 0)
    return conflicts.map(([manager, fields]) => `${fields.join(', ')} belong to ${manager}`).join('; ');
  return body?.reason === 'AlreadyExists' ? 'it exists already' : 'it was changed meanwhile';
}

const MAX_CAUSES = 5;

/** The server's words, short; of a Secret only the fields. Bodies that are not a Status are never repeated. */
function wordsOf(answer: BadAnswer, body: StatusBody | undefined): string {
  if (answer.status === 409) return conflictWords(body);
  if (body === undefined) return 'without explanation';
  const causes = (body.details?.causes ?? []).slice(0, MAX_CAUSES);
  const fields = causes
    .map((cause) => [cause.field, answer.secret ? cause.reason : cause.message].filter(Boolean).join(': '))
    .join('; ');
  if (fields !== '') return fields;
  return (answer.secret ? body.reason : (body.message ?? body.reason)) ?? 'without explanation';
}

/** Milliseconds from Retry-After (seconds or a date, RFC 9110 10.2.3) or from the Status itself. */
function retryAfterMs(answer: BadAnswer, body: StatusBody | undefined): number | undefined {
  const seconds = /^\d{1,6}$/.exec(answer.retryAfter ?? '')?.[0] ?? body?.details?.retryAfterSeconds;
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Every unsuccessful answer as its problem (protocols §4.1). */
export function problemOfAnswer(answer: BadAnswer): Problem {
  const body = statusBodyOf(answer.text);
  const wait = retryAfterMs(answer, body);
  return new Problem(
    codeOf(answer, body),
    `${answer.what}: ${answer.status}, ${wordsOf(answer, body)}`,
    wait === undefined ? {} : { retryAfterMs: wait },
  );
}

const errorCodeOf = (error: unknown): string => {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    // undici's parser gives its code not always
    if (at.name === 'HTTPParserError') return 'HPE_';
    // happy eyeballs: one error per address
    if (at instanceof AggregateError && at.errors.length > 0) return errorCodeOf(at.errors[0]);
  }
  return '';
};

/** The server's certificate does not lead to the authority that we know. */
export const isTrustFailure = (error: unknown): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS_CERT_ALTNAME/.test(errorCodeOf(error)) &&
  !isClientRefusal(error);

/** The server ended the handshake because of our certificate. */
const isClientRefusal = (error: unknown): boolean =>
  /ALERT.*(CERTIFICATE|UNKNOWN_CA)/.test(errorCodeOf(error));

/** A kept-alive connection that the server had closed; the request may be repeated when it changes nothing twice. */
export const isStaleConnection = (error: unknown): boolean =>
  ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(errorCodeOf(error));

/** Every failure without an answer as its problem. `why` is set when we ended it ourselves. */
export function problemOfFailure(
  error: unknown,
  what: string,
  why: 'deadline' | 'stopped' | undefined,
): Problem {
  if (error instanceof Problem) return error;
  if (why === 'stopped') return new Problem('cluster.cancelled', what, { cause: error });
  if (why === 'deadline')
    return new Problem('cluster.timeout', `${what}: no complete answer in time`, { cause: error });
  const code = errorCodeOf(error);
  const make = (problem: ProblemCode, words: string): Problem =>
    new Problem(problem, `${what}: ${words}${code === '' ? '' : ` (${code})`}`, { cause: error });
  if (isClientRefusal(error)) return make('cluster.unauthorized', 'the client certificate is refused');
  if (isTrustFailure(error))
    return make('cluster.unavailable', 'the certificate of the server is not trusted');
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return make('cluster.timeout', 'no answer in time');
  if (/^(HPE_|UND_ERR_(HEADERS_OVERFLOW|RES_CONTENT_LENGTH|RESPONSE)|EPROTO|ERR_SSL)/.test(code))
    return make('cluster.bad-answer', 'what answers is not an API server');
  return make('cluster.unavailable', 'no connection');
}
