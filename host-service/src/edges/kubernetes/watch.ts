import { Problem, problemOf } from '../../contract/problem.ts';
import type { Clock, KindRef, KubeObject, Log } from '../../engine/ports.ts';
import type { Api } from './api.ts';
import { problemOfAnswer } from './connect/failure.ts';
import { LineSplitter } from './lines.ts';
import { parseEvent, type WatchEvent } from './objects.ts';
import { queryOf } from './paths.ts';

type OnChange = (object: KubeObject, type: 'added' | 'modified' | 'deleted') => void;

export interface WatchOptions {
  readonly kind: KindRef;
  readonly namespace: string | undefined;
  readonly signal: AbortSignal;
  readonly onChange: OnChange;
  readonly log: Log | undefined;
  readonly clock: Pick<Clock, 'sleep' | 'random' | 'monotonic'>;
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** Follows one kind: list, then watch from there, for ever (protocols §4.3). */
export class Watch {
  private readonly api: Api;
  private readonly options: WatchOptions;
  /** What has been told so far, without contents: enough to tell what vanished while nobody looked. */
  private readonly told = new Map<string, KubeObject>();
  /** Opaque; undefined = list first. */
  private position: string | undefined;
  private failures = 0;

  constructor(api: Api, options: WatchOptions) {
    this.api = api;
    this.options = options;
  }

  /** Returns when the signal fires; failures are logged, waited for and tried again. */
  async run(): Promise<void> {
    const { signal, clock } = this.options;
    while (!signal.aborted) {
      const started = clock.monotonic();
      try {
        if (this.position === undefined) await this.relist();
        await this.follow();
        this.failures = 0;
        const rest = this.api.limits.rewatchMs - (clock.monotonic() - started);
        await clock.sleep(rest, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.recover(problemOf(error));
      }
    }
  }

  private async recover(problem: Problem): Promise<void> {
    const { clock, signal, kind, log } = this.options;
    const { code } = problem;
    // What cannot be read at this position would be sent again; a position that is gone never comes back.
    if (code === 'cluster.gone' || code === 'cluster.bad-answer' || code === 'internal.bug')
      this.position = undefined;
    if (code === 'cluster.no-such-kind') {
      this.position = undefined;
      this.forgetExcept(new Set());
    }
    const [first, longest] = this.api.limits.backOffMs;
    const backOff = Math.min(longest, first * 2 ** Math.min(this.failures, 10)) * (0.5 + clock.random() / 2);
    // The first 410 is the ordinary end of a long pause.
    const wait =
      code === 'cluster.gone' && this.failures === 0 ? 0 : Math.max(backOff, problem.retryAfterMs ?? 0);
    this.failures += 1;
    const quiet = code === 'cluster.gone' || code === 'cluster.no-such-kind';
    log?.[quiet ? 'debug' : 'warn']('a watch starts again', {
      kind: kind.kind,
      problem,
      waitMs: Math.round(wait),
    });
    await clock.sleep(wait, signal);
  }

  /** Tells what is new, changed and gone since the last look. */
  private async relist(): Promise<void> {
    const { kind, namespace, signal } = this.options;
    const listed = await this.api.list(kind, { signal, namespace });
    if (listed.resourceVersion === undefined)
      throw new Problem('cluster.bad-answer', `the list of ${kind.kind} has no version`);
    const present = new Set(listed.items.map(keyOf));
    this.forgetExcept(present);
    for (const item of listed.items) {
      const before = this.told.get(keyOf(item));
      const replaced = before !== undefined && before.metadata.uid !== item.metadata.uid;
      if (replaced) this.tell(before, 'deleted');
      if (before === undefined || replaced) this.tell(item, 'added');
      else if (before.metadata.resourceVersion !== item.metadata.resourceVersion) this.tell(item, 'modified');
    }
    this.position = listed.resourceVersion;
  }

  private forgetExcept(present: ReadonlySet<string>): void {
    for (const [key, object] of [...this.told]) if (!present.has(key)) this.tell(object, 'deleted');
  }

  /** One watch request, to its end. Returns on a clean end; a half line before it is read again by the next one. */
  private async follow(): Promise<void> {
    const { kind, namespace, signal, clock } = this.options;
    const [least, most] = this.api.limits.watchSeconds;
    const seconds = Math.round(least + (most - least) * clock.random());
    const path = await this.api.collectionOf(kind, namespace, signal);
    const query = queryOf({
      watch: 1,
      resourceVersion: this.position,
      allowWatchBookmarks: true,
      timeoutSeconds: seconds,
    });
    const lines = new LineSplitter(this.api.limits.lineBytes, (line) =>
      this.take(parseEvent(line, kind, `watch of ${kind.kind}`)),
    );
    // The server ends the watch itself; more silence than that is a dead peer.
    const quietMs = seconds * 1000 + this.api.limits.callMs;
    await this.api.transport.stream({ method: 'GET', path: `${path}${query}`, signal }, quietMs, (bytes) =>
      lines.push(bytes),
    );
  }

  private take(event: WatchEvent): void {
    if (event.type === 'error')
      throw problemOfAnswer({
        status: statusCodeOf(event.status),
        text: event.status,
        retryAfter: undefined,
        what: `watch of ${this.options.kind.kind}`,
        secret: true,
      });
    if (event.type !== 'bookmark') this.tell(event.object, event.type);
    this.position = event.object.metadata.resourceVersion ?? this.position;
    this.failures = 0;
  }

  private tell(object: KubeObject, type: 'added' | 'modified' | 'deleted'): void {
    const { apiVersion, kind, metadata } = object;
    const { name, namespace, uid, resourceVersion } = metadata;
    if (type === 'deleted') this.told.delete(keyOf(object));
    else
      this.told.set(keyOf(object), { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } });
    if (this.options.signal.aborted) return;
    try {
      this.options.onChange(object, type);
    } catch (error) {
      // A fault of the listener must not end the watch, and must not be swallowed either.
      this.options.log?.error('a listener failed', { kind, name, error });
    }
  }
}

/** The code inside of an ERROR event: the HTTP status is 200 by then. */
function statusCodeOf(status: string): number {
  const found = /"code":(\d{3})\b/.exec(status)?.[1];
  return found === undefined ? 500 : Number(found);
}
