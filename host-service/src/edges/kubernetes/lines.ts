import { Problem } from '../../contract/problem.ts';

const NEWLINE = 0x0a;

/**
 * Splits bytes at newlines and decodes each line on its own, so that a character cut by a chunk's end stays whole (B-91).
 * What follows the last newline is kept until it is complete; a stream that ends in the middle of a line leaves it unread.
 */
export class LineSplitter {
  private readonly maxBytes: number;
  private readonly onLine: (line: string) => void;
  private parts: Uint8Array[] = [];
  private length = 0;

  constructor(maxBytes: number, onLine: (line: string) => void) {
    this.maxBytes = maxBytes;
    this.onLine = onLine;
  }

  /** @throws Problem cluster.bad-answer when a line is longer than allowed */
  push(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.keep(bytes.subarray(start, end));
      const line = Buffer.concat(this.parts, this.length).toString('utf8');
      this.parts = [];
      this.length = 0;
      start = end + 1;
      if (line.trim() !== '') this.onLine(line);
    }
    this.keep(bytes.subarray(start));
  }

  private keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.length += part.length;
    if (this.length > this.maxBytes)
      throw new Problem('cluster.bad-answer', `one event of a watch has more than ${this.maxBytes} bytes`);
    this.parts.push(part);
  }
}
