/** VAR=VALUE words of one datagram; asked for when it is sent, so that it says what is true then. */
export type Words = () => readonly string[];

interface Entry {
  readonly key: string;
  words: Words;
  readonly done: Promise<void>;
  readonly settle: () => void;
}

/**
 * One message at a time and in order. A message that still waits is replaced by a newer one with the same key, so a slow
 * listener never makes a backlog. The promise is settled when the message, or the one that replaced it, was sent or given up.
 * `send` must not reject.
 */
export function createQueue(
  send: (words: readonly string[]) => Promise<void>,
): (key: string, words: Words) => Promise<void> {
  const waiting: Entry[] = [];
  let isBusy = false;

  const drain = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      await send(entry.words());
      entry.settle();
    }
    isBusy = false;
  };

  return (key, words) => {
    const same = waiting.find((entry) => entry.key === key);
    if (same !== undefined) {
      same.words = words;
      return same.done;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ key, words, done: promise, settle: resolve });
    void drain();
    return promise;
  };
}
