import type { ProblemAnswer } from '../contract/api/problem-answer.ts';
import { Problem, PROBLEMS } from '../contract/problem.ts';
import type { ApiLog } from './options.ts';

/** Everything that a handler may answer, without the types of its route. */
export interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly readyJson?: string;
  readonly text?: string;
  readonly type?: string;
  readonly events?: ReadableStream<Uint8Array>;
  readonly bytes?: Uint8Array<ArrayBuffer> | string | undefined;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** The reply as a response; the common headers give way to its own. */
export function responseOf(reply: AnyReply, common: Readonly<Record<string, string>>): Response {
  const { status } = reply;
  const init = (type: string | undefined): ResponseInit => ({
    status,
    headers: { ...common, ...(type === undefined ? {} : { 'content-type': type }), ...reply.headers },
  });
  if (reply.events !== undefined) return new Response(reply.events, init('text/event-stream; charset=utf-8'));
  if (reply.text !== undefined) return new Response(reply.text, init(reply.type));
  if (reply.bytes !== undefined) return new Response(reply.bytes, init(undefined));
  const text = reply.readyJson ?? ('json' in reply ? JSON.stringify(reply.json) : undefined);
  return text === undefined ? new Response(null, init(undefined)) : new Response(text, init(JSON_TYPE));
}

/** What was thrown, as the person may see it. A fault of ours keeps its words for the log: they may hold anything. */
function problemSeen(error: unknown): Problem {
  if (error instanceof Problem && error.code !== 'internal.bug') return error;
  return new Problem('internal.bug', 'see the log of the control plane at this request id', { cause: error });
}

/** The answer of 400 and above, from the closed table. */
export function problemReply(
  error: unknown,
  requestId: string,
  { log, route }: { readonly log: ApiLog; readonly route: string },
): AnyReply {
  const problem = problemSeen(error);
  const { code, detail, retryAfterMs } = problem;
  const { http: status, title, remedy } = PROBLEMS[code];
  if (code === 'internal.bug') log.error('request failed', { requestId, route, error });
  else log.debug('request refused', { requestId, route, code, detail });
  const json: ProblemAnswer = { code, title, remedy, detail, requestId };
  const after = retryAfterMs ?? (status === 503 ? 1_000 : undefined);
  const headers = {
    ...(after === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(after / 1_000))) }),
    ...(problem instanceof MethodProblem ? { allow: problem.allow } : {}),
  };
  return { status, json, headers };
}

/** request.method, with the methods that this address does take. */
export class MethodProblem extends Problem {
  readonly allow: string;

  constructor(allow: readonly string[]) {
    super('request.method', `it takes ${allow.join(', ')}`);
    this.allow = allow.join(', ');
  }
}
