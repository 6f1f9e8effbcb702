import { Problem } from '../../contract/problem.ts';

/** One server-sent event (HTML standard §9.2) with its data still as text. */
export interface RawEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** Cuts a stream into events. At most `maxChars` may wait for their end. @throws Problem client.bad-answer */
export class EventCutter {
  readonly #maxChars: number;
  #rest = '';
  #name = '';
  #id: string | undefined;
  #data: string[] = [];
  #size = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** The events that are complete with this piece. */
  push(piece: string): readonly RawEvent[] {
    const text = this.#rest + piece;
    // A carriage return at the end may be the first half of a line break.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(end);
    const events = lines.flatMap((line) => this.#line(line) ?? []);
    if (this.#rest.length + this.#size > this.#maxChars)
      throw new Problem('client.bad-answer', `an event has more than ${this.#maxChars} characters`);
    return events;
  }

  #line(line: string): RawEvent | undefined {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'data') {
      this.#data.push(value);
      this.#size += value.length;
    }
    return undefined;
  }

  #finish(): RawEvent | undefined {
    const event = { name: this.#name, id: this.#id, data: this.#data.join('\n') };
    const isEvent = this.#data.length > 0;
    [this.#name, this.#id, this.#data, this.#size] = ['', undefined, [], 0];
    return isEvent ? event : undefined;
  }
}
