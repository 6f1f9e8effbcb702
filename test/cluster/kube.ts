import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/** A Kubernetes object as tests need it: names and whatever else the server sent. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** An answer outside 200-299. */
export class KubeError extends Error {
  readonly status: number;

  constructor(status: number, method: string, path: string, body: string) {
    super(`${method} ${path}: ${status} ${body.slice(0, 600)}`);
    this.status = status;
  }
}

export interface KubeOptions {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

/**
 * The tests' own small client, kept apart from the one under test. Paths are the API server's own
 * (`/api/v1/namespaces/x/pods/y`), so that a test shows what it asks for.
 */
export class Kube {
  readonly #options: KubeOptions;
  readonly #agent: Agent;

  constructor(options: KubeOptions) {
    this.#options = options;
    this.#agent = new Agent({ ca: options.ca, keepAlive: true, maxSockets: 8 });
  }

  close(): void {
    this.#agent.destroy();
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.#options.server + path,
        {
          method,
          agent: this.#agent,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            authorization: `Bearer ${this.#options.token}`,
            accept: 'application/json',
            ...(payload === undefined ? {} : { 'content-type': contentType }),
          },
        },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  async text(method: string, path: string, body?: unknown, contentType?: string): Promise<string> {
    const answer = await this.send(method, path, body, contentType);
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) {
      throw new KubeError(status, method, path, text);
    }
    return text;
  }

  async get<T = KubeObject>(path: string): Promise<T> {
    return JSON.parse(await this.text('GET', path)) as T;
  }

  /** The object, or undefined when the server answers 404. */
  async find<T = KubeObject>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch((error: unknown) => {
      if (error instanceof KubeError && error.status === 404) {
        return undefined;
      }
      throw error;
    });
  }

  async list<T = KubeObject>(path: string): Promise<readonly T[]> {
    return (await this.get<{ items: readonly T[] }>(path)).items;
  }

  /** Server-side apply of an object (or of one YAML document) at its own path. */
  async apply<T = KubeObject>(path: string, body: KubeObject | string, manager = 'cluster-test'): Promise<T> {
    const query = `fieldManager=${manager}&force=true`;
    return JSON.parse(
      await this.text('PATCH', `${path}?${query}`, body, 'application/apply-patch+yaml'),
    ) as T;
  }

  async merge<T = KubeObject>(path: string, patch: unknown): Promise<T> {
    return JSON.parse(await this.text('PATCH', path, patch, 'application/merge-patch+json')) as T;
  }

  async delete(path: string): Promise<void> {
    await this.text('DELETE', path);
  }

  /** Watches until the signal fires; each event goes to the callback. Answers when the server ends the stream. */
  async watch(
    path: string,
    signal: AbortSignal,
    onEvent: (type: string, object: KubeObject) => void,
  ): Promise<void> {
    const answer = await this.send(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}watch=1`,
      undefined,
      undefined,
      signal,
    );
    let rest = '';
    answer.setEncoding('utf8');
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as { type: string; object: KubeObject };
        onEvent(event.type, event.object);
      }
    }
  }
}

/** Asks until the answer is neither undefined nor false; the error names what was awaited and the last answer. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  deadline = 60_000,
): Promise<T> {
  const until = performance.now() + deadline;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) {
        return answer;
      }
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) {
      throw new Error(`not within ${deadline} ms: ${what}`, { cause: last });
    }
    await sleep(100);
  }
}
