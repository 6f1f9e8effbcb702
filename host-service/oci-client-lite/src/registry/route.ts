import { OciError, isOciError } from '../errors.ts';
import { Deadline } from '../http/deadline.ts';
import { endpointsOf } from './endpoints.ts';
import type { Endpoint } from './endpoints.ts';
import type { Session } from './session.ts';

const REST_MS = 60_000;
const STOPPERS: ReadonlySet<string> = new Set(['cancelled', 'invalid-reference']);
const UNREACHABLE: ReadonlySet<string> = new Set(['connect', 'dns', 'timeout', 'tls', 'proxy']);

/** Finds the endpoint that answers: mirrors in order, then the registry; an unreachable mirror rests for a minute. */
export class Router {
  private readonly session: Session;
  private readonly resting = new Map<string, number>();

  constructor(session: Session) {
    this.session = session;
  }

  /**
   * Runs a read at one endpoint after the other until one succeeds. The error thrown is the registry's own, with what
   * the mirrors said.
   *
   * @param resolving true when the answer says what a tag means: only mirrors trusted with that are asked
   */
  async read<T>(
    registry: string,
    resolving: boolean,
    outer: AbortSignal | undefined,
    task: (endpoint: Endpoint, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const { runtime } = this.session;
    const deadline = new Deadline(runtime.deadlineMs, outer);
    const said: string[] = [];
    try {
      for (const endpoint of endpointsOf(runtime, registry)) {
        if (resolving && !endpoint.resolves) continue;
        if (endpoint.mirror && (this.resting.get(endpoint.base.href) ?? 0) > runtime.now()) {
          said.push(`mirror ${endpoint.base.host}: unreachable a moment ago`);
          continue;
        }
        try {
          return await task(endpoint, deadline);
        } catch (error) {
          if (!isOciError(error)) throw error;
          if (!endpoint.mirror || STOPPERS.has(error.kind) || deadline.signal.aborted)
            throw withMirrors(error, said);
          if (UNREACHABLE.has(error.kind)) this.resting.set(endpoint.base.href, runtime.now() + REST_MS);
          said.push(`mirror ${endpoint.base.host}: ${error.kind}`);
        }
      }
      throw new OciError('unsupported', registry, 'no endpoint may be asked');
    } finally {
      deadline.end();
    }
  }
}

function withMirrors(error: OciError, said: readonly string[]): OciError {
  if (said.length === 0) return error;
  return new OciError(error.kind, error.registry, `${error.detail.slice(0, 380)}; ${said.join('; ')}`, {
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    tls: error.tls,
    registryCode: error.registryCode,
    cause: error,
  });
}
