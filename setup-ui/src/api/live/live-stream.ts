import type { LiveEvent, LiveEvents } from 'host-service/contract/api/status.ts';
import { checkAs } from '../answers/contract.ts';
import { BEAT_MS } from '../freshness.ts';

type LiveEventName = keyof typeof LiveEvents;
/** All events of the stream; one that the contract adds does not compile here until it is named. */
const EVENT_NAMES = Object.keys({
  snapshot: 0,
  operation: 0,
  beat: 0,
  bye: 0,
} satisfies Record<LiveEventName, 0>) as LiveEventName[];

/** What is used of the browser's EventSource. */
export interface Source {
  close(): void;
  addEventListener(name: string, listener: (event: { data?: unknown; lastEventId?: string }) => void): void;
}

export interface LiveStreamOptions {
  readonly open: (address: string) => Source;
  /** Where to go on; asked at each connect. */
  readonly cursor: () => string | undefined;
  /** Parsed events in the order of the stream. */
  readonly onEvent: (event: LiveEvent) => void;
  readonly onOpen: (isOpen: boolean) => void;
  /** Something came that the contract does not know: another server, or a fault. */
  readonly onUnreadable: (name: string) => void;
  readonly random: () => number;
  readonly delay: (action: () => void, ms: number) => () => void;
}

export interface LiveStream {
  readonly start: () => void;
  readonly stop: () => void;
}

/** Reconnects wait at least and at most this long, in milliseconds. */
export const RECONNECT_MS = { min: 300, max: 3_000 } as const;
/** An open stream that is silent for three beats is not open. */
const SILENT_MS = 3 * BEAT_MS;

/** Waiting time before try number `tries` (from 0): doubles from 0.3 s to 3 s, and half of it is chance, so that tabs do not come all at once. */
export function reconnectMs(tries: number, random: number): number {
  const full = Math.min(RECONNECT_MS.max, RECONNECT_MS.min * 2 ** (tries + 1));
  return Math.max(RECONNECT_MS.min, Math.round(full / 2 + (full / 2) * random));
}

/** One event of the stream, parsed; undefined = not what the contract says. */
export function parseLiveEvent(name: LiveEventName, data: unknown, id: string): LiveEvent | undefined {
  if (typeof data !== 'string') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return undefined;
  }
  const checked = checkAs(`event.${name}`, json);
  if (checked?.ok !== true) return undefined;
  return { name, data: checked.value, ...(id === '' ? {} : { id }) } as LiveEvent;
}

/** The live connection with its own reconnects: EventSource gives up for good after an HTTP error, and the box restarts under us. */
class Connection implements LiveStream {
  readonly #options: LiveStreamOptions;
  #source: Source | undefined;
  #tries = 0;
  #isWanted = false;
  #cancelDelay: (() => void) | undefined;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  readonly start = (): void => {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#tries = 0;
    this.#connect();
  };

  readonly stop = (): void => {
    this.#isWanted = false;
    this.#drop();
  };

  #connect(): void {
    const cursor = this.#options.cursor();
    const address = cursor === undefined ? '/api/events' : `/api/events?after=${encodeURIComponent(cursor)}`;
    const mine = this.#options.open(address);
    this.#source = mine;
    this.#watch();
    mine.addEventListener('open', () => {
      if (this.#source === mine) this.#options.onOpen(true);
    });
    mine.addEventListener('error', () => {
      if (this.#source === mine) this.#again();
    });
    for (const name of EVENT_NAMES) {
      mine.addEventListener(name, (event) => {
        if (this.#source === mine) this.#receive(name, event.data, event.lastEventId ?? '');
      });
    }
  }

  #receive(name: LiveEventName, data: unknown, id: string): void {
    this.#watch();
    const event = parseLiveEvent(name, data, id);
    if (event === undefined) {
      this.#options.onUnreadable(name);
      return this.#again();
    }
    this.#tries = 0;
    this.#options.onEvent(event);
    if (event.name !== 'bye') return;
    if (event.data.reason === 'signed-out') this.#isWanted = false;
    this.#again();
  }

  /** Silence for too long counts as a broken connection. */
  #watch(): void {
    this.#later(() => this.#again(), SILENT_MS);
  }

  #again(): void {
    this.#drop();
    if (this.#isWanted)
      this.#later(() => this.#connect(), reconnectMs(this.#tries++, this.#options.random()));
  }

  #drop(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#cancelDelay?.();
    this.#options.onOpen(false);
  }

  #later(action: () => void, ms: number): void {
    this.#cancelDelay?.();
    this.#cancelDelay = this.#options.delay(action, ms);
  }
}

/** Makes the live connection; nothing happens before `start`. */
export const createLiveStream = (options: LiveStreamOptions): LiveStream => new Connection(options);
