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
export function createLiveStream(options: LiveStreamOptions): LiveStream {
  let source: Source | undefined;
  let tries = 0;
  let isWanted = false;
  let cancelDelay: (() => void) | undefined;

  const later = (action: () => void, ms: number): void => {
    cancelDelay?.();
    cancelDelay = options.delay(action, ms);
  };
  const drop = (): void => {
    source?.close();
    source = undefined;
    cancelDelay?.();
    options.onOpen(false);
  };
  const again = (): void => {
    drop();
    if (isWanted) later(connect, reconnectMs(tries++, options.random()));
  };
  const watch = (): void => later(again, SILENT_MS);

  const receive = (name: LiveEventName, data: unknown, id: string): void => {
    watch();
    const event = parseLiveEvent(name, data, id);
    if (event === undefined) {
      options.onUnreadable(name);
      return again();
    }
    tries = 0;
    options.onEvent(event);
    if (event.name !== 'bye') return;
    if (event.data.reason === 'signed-out') isWanted = false;
    again();
  };

  function connect(): void {
    const cursor = options.cursor();
    const address = cursor === undefined ? '/api/events' : `/api/events?after=${encodeURIComponent(cursor)}`;
    const mine = options.open(address);
    source = mine;
    watch();
    mine.addEventListener('open', () => {
      if (source === mine) options.onOpen(true);
    });
    mine.addEventListener('error', () => {
      if (source === mine) again();
    });
    for (const name of EVENT_NAMES) {
      mine.addEventListener(name, (event) => {
        if (source === mine) receive(name, event.data, event.lastEventId ?? '');
      });
    }
  }

  return {
    start: () => {
      if (isWanted) return;
      isWanted = true;
      tries = 0;
      connect();
    },
    stop: () => {
      isWanted = false;
      drop();
    },
  };
}
