import { Problem } from '../../contract/problem.ts';
import { whatOf, type Transport } from './connect/transport.ts';
import { problemOfAnswer } from './connect/failure.ts';
import { objectPath, queryOf } from './paths.ts';

/** The server counts its limit from the beginning of what it sends, so more is asked for than is kept. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_LINES = 500;

/**
 * The end of a container's log in whole lines, at most `bytes` of UTF-8; empty when there is no such log (yet).
 * B-78: the log is plain text, and asking for JSON is answered with 406.
 */
export async function podLog(
  transport: Transport,
  pod: { namespace: string; name: string; container: string; previous: boolean },
  bytes: number,
  signal: AbortSignal,
): Promise<string> {
  const base = objectPath('v1', { plural: 'pods', namespaced: true }, pod.namespace, pod.name);
  const query = queryOf({
    container: pod.container,
    previous: pod.previous ? true : undefined,
    tailLines: FETCH_LINES,
    limitBytes: Math.max(FETCH_BYTES, bytes),
  });
  const request = {
    method: 'GET',
    path: `${base}/log${query}`,
    accept: '*/*',
    repeatable: true,
    signal,
  } as const;
  const answer = await transport.call(request);
  // 400: the container waits for its start, or there is no previous one.
  if (answer.status === 400 || answer.status === 404) return '';
  if (answer.status !== 200) throw problemOfAnswer({ ...answer, what: whatOf(request), secret: false });
  return tailOf(answer.text, bytes);
}

/** The last whole lines that fit; of a single longer line its end, cut between characters. */
export function tailOf(text: string, bytes: number): string {
  if (bytes < 0) throw new Problem('internal.bug', 'a log of less than no bytes');
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  let start = whole.length - bytes;
  const newline = whole.subarray(0, -1).indexOf(0x0a, start - 1);
  if (newline >= 0) return whole.subarray(newline + 1).toString('utf8');
  // Bytes 10xxxxxx continue a character.
  while (start < whole.length && ((whole[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return whole.subarray(start).toString('utf8');
}
