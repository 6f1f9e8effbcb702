import type { ProblemBody, ProblemCode } from 'host-service/contract/problem.ts';

/** What went wrong with a request, in the words of the closed table. The page throws nothing else on purpose. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
  readonly body: ProblemBody;
  /** For support: finds the request in the log of the box. */
  readonly requestId: string | undefined;
  /** Wait at least this long before trying again, in milliseconds, when the box said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { requestId?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.body = { code, detail };
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whatever was thrown, as a problem that can be shown; what is not one is a fault of the page. */
export function pageProblemOf(error: unknown): PageProblem {
  if (error instanceof PageProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new PageProblem('internal.bug', detail.slice(0, 512), { cause: error });
}
