import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { Problem } from '../../contract/problem.ts';
import { problemOfFailure, type Ended } from './failure.ts';

/** One request as it goes over the wire. */
export interface Outgoing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** One complete answer. */
export interface Incoming {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** Milliseconds and bytes. */
export interface Limits {
  /** From the first byte sent to the last one received. */
  readonly answerMs: number;
  /** Longest silence of a stream. */
  readonly silenceMs: number;
  readonly answerBytes: number;
}

/** Beats come every 5 s: after three that are missing, nobody is there. */
export const LIMITS: Limits = { answerMs: 15_000, silenceMs: 20_000, answerBytes: 4 * 1024 * 1024 };

export interface Wire {
  /** One question, one complete answer of any status. Redirects are answers. @throws Problem client.* */
  exchange(outgoing: Outgoing): Promise<Incoming>;
  /** A question whose answer does not end: its text as it comes; any answer but 200 is complete and has no stream. @throws Problem client.* */
  stream(outgoing: Outgoing): Promise<Incoming | AsyncIterable<string>>;
  close(): void;
}

/** HTTP to one origin over kept-alive connections, every wait bounded. `ca`: PEM of the only authority that is trusted. */
export function createWire(origin: string, ca: string | undefined, limits: Limits): Wire {
  const isTls = origin.startsWith('https:');
  const agent = isTls ? new TlsAgent({ keepAlive: true, ca }) : new PlainAgent({ keepAlive: true });
  const begin = (outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body } = outgoing;
      const options = { method, headers, agent, signal };
      const request = (isTls ? tlsRequest : plainRequest)(new URL(path, origin), options);
      request.on('error', reject);
      request.on('response', resolve);
      request.end(body);
    });

  return {
    exchange: async (outgoing) => {
      const what = whatOf(outgoing);
      const deadline = AbortSignal.timeout(limits.answerMs);
      const ended = (): Ended => endedBy(outgoing.signal, deadline);
      try {
        const message = await begin(outgoing, AbortSignal.any([outgoing.signal, deadline]));
        return { ...headOf(message), text: await textOf(message, limits.answerBytes, what) };
      } catch (error) {
        throw problemOfFailure(error, what, ended());
      }
    },
    stream: async (outgoing) => {
      const what = whatOf(outgoing);
      const silence = createSilence(limits.silenceMs);
      const ended = (): Ended => endedBy(outgoing.signal, silence.signal);
      const both = AbortSignal.any([outgoing.signal, silence.signal]);
      try {
        const message = await begin(outgoing, both);
        if (message.statusCode === 200) return chunksOf(message, silence, what, ended);
        const answer = { ...headOf(message), text: await textOf(message, limits.answerBytes, what) };
        silence.end();
        return answer;
      } catch (error) {
        silence.end();
        throw problemOfFailure(error, what, ended());
      }
    },
    close: () => agent.destroy(),
  };
}

/** Without the query: nothing in it helps people. */
const whatOf = ({ method, path }: Outgoing): string => `${method} ${path.split('?', 1)[0] ?? ''}`;

const endedBy = (asked: AbortSignal, own: AbortSignal): Ended =>
  asked.aborted ? 'stopped' : own.aborted ? 'deadline' : undefined;

function headOf(message: IncomingMessage): Omit<Incoming, 'text'> {
  const { statusCode = 0, headers } = message;
  return {
    status: statusCode,
    header: (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    cookies: headers['set-cookie'] ?? [],
  };
}

/** The whole body, counted while it comes. @throws Problem client.bad-answer when it is longer */
async function textOf(message: IncomingMessage, maxBytes: number, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      message.destroy();
      throw new Problem('client.bad-answer', `${what}: more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Silence {
  readonly signal: AbortSignal;
  /** Something was heard. */
  heard(): void;
  end(): void;
}

function createSilence(ms: number): Silence {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), ms);
  return { signal: over.signal, heard: () => timer.refresh(), end: () => clearTimeout(timer) };
}

async function* chunksOf(
  message: IncomingMessage,
  silence: Silence,
  what: string,
  ended: () => Ended,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      silence.heard();
      yield decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw problemOfFailure(error, what, ended());
  } finally {
    silence.end();
    message.destroy();
  }
}
