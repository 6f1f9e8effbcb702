import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { safeLine } from '../../contract/problem.ts';
import type { Probe } from '../../contract/release.ts';
import type { Prober } from '../../engine/ports.ts';

interface Result {
  readonly ok: boolean;
  readonly detail: string;
}
interface Address {
  readonly ip: string;
  readonly port: number;
}

const TIMEOUT_MS = 5000;
/** Enough for the words of a health page; the rest of an endless answer is not waited for. */
const BODY_BYTES = 2048;
const QUOTED = 120;

const hostOf = ({ ip, port }: Address): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

function wordsOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was cut';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return 'the address cannot be reached';
    case 'ETIMEDOUT':
      return 'no connection in time';
    default:
      return code.startsWith('HPE_')
        ? 'what answers does not speak HTTP'
        : `failed${code === '' ? '' : ` (${code})`}`;
  }
}

/** One attempt that ends exactly once: by its outcome, by the time or by the caller. */
async function attempt(
  address: Address,
  timeoutMs: number,
  signal: AbortSignal,
  start: (finish: (result: Result) => void) => { destroy(): void },
): Promise<Result> {
  const at = hostOf(address);
  return new Promise((resolve) => {
    const finish = ({ ok, detail }: Result): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
      resolve({ ok, detail: safeLine(`${at}: ${detail}`) });
      held.thing?.destroy();
    };
    const stopped = (): void => finish({ ok: false, detail: 'the probe was stopped' });
    const timer = setTimeout(
      () => finish({ ok: false, detail: `no answer within ${timeoutMs / 1000} s` }),
      timeoutMs,
    );
    const held: { thing?: { destroy(): void } } = {};
    if (signal.aborted) return stopped();
    signal.addEventListener('abort', stopped, { once: true });
    try {
      held.thing = start(finish);
    } catch (error) {
      // node refuses paths with characters that cannot be sent
      finish({ ok: false, detail: error instanceof Error ? error.message : 'cannot be sent' });
    }
  });
}

function expected(status: number, probe: Probe): boolean {
  return probe.expectStatus === undefined
    ? status >= 200 && status < 400
    : probe.expectStatus.includes(status);
}

function judge(answer: IncomingMessage, probe: Probe, body: string): Result {
  const status = answer.statusCode ?? 0;
  if (expected(status, probe)) return { ok: true, detail: `answered ${status}` };
  const wanted = probe.expectStatus?.join(' or ') ?? '200 to 399';
  const isText = /^(text\/plain|application\/([a-z.+-]+\+)?json)\b/.test(
    answer.headers['content-type'] ?? '',
  );
  const said = isText && body.trim() !== '' ? `: ${body.trim().slice(0, QUOTED)}` : '';
  return { ok: false, detail: `answered ${status} in place of ${wanted}${said}` };
}

/** Redirects are answers, not instructions: where they lead is not what the component serves. */
async function http(address: Address, probe: Probe, timeoutMs: number, signal: AbortSignal): Promise<Result> {
  return attempt(address, timeoutMs, signal, (finish) => {
    const outgoing = request({
      host: address.ip,
      port: address.port,
      path: probe.path ?? '/',
      method: 'GET',
      agent: false,
      headers: { host: hostOf(address), 'user-agent': 'appliance-probe', connection: 'close' },
    });
    outgoing.on('error', (error) => finish({ ok: false, detail: wordsOf(error) }));
    outgoing.on('response', (answer) => {
      if (expected(answer.statusCode ?? 0, probe)) return finish(judge(answer, probe, ''));
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
        if (body.length >= BODY_BYTES) finish(judge(answer, probe, body));
      });
      answer.on('end', () => finish(judge(answer, probe, body)));
      answer.on('error', () => finish(judge(answer, probe, body)));
    });
    outgoing.end();
    return outgoing;
  });
}

async function tcp(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Result> {
  return attempt(address, timeoutMs, signal, (finish) => {
    const socket = connect({ host: address.ip, port: address.port });
    socket.on('error', (error) => finish({ ok: false, detail: wordsOf(error) }));
    socket.on('connect', () => finish({ ok: true, detail: 'accepts connections' }));
    return socket;
  });
}

/** Probes from where the control plane runs; each attempt is on a connection of its own and bounded in time, and never throws. */
export function createProber(options: { readonly timeoutMs?: number } = {}): Prober {
  const { timeoutMs = TIMEOUT_MS } = options;
  return {
    probe: async (address, probe, signal) =>
      probe.type === 'tcp' ? tcp(address, timeoutMs, signal) : http(address, probe, timeoutMs, signal),
  };
}
