import process from 'node:process';
import { Problem } from '../../contract/problem.ts';

/**
 * What is piped into this program, as text. Nobody else on the machine can read it, unlike arguments.
 * @throws Problem config.invalid when it has more than `maxBytes` or is not UTF-8
 */
export async function readStandardInput(maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxBytes) throw new Problem('config.invalid', `the input has more than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new Problem('config.invalid', 'the input is not UTF-8 text', { cause });
  }
}
