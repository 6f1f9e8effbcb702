import { createContext, use, useCallback, useSyncExternalStore, type ReactNode } from 'react';

export interface Clock {
  /** Milliseconds since 1970, as the box counts them. */
  readonly now: () => number;
  /** Calls back at most every second while it should be looked at again; returns how to stop. */
  readonly onTick: (listener: () => void) => () => void;
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for the whole page. */
export const pageClock: Clock = {
  now: () => Date.now(),
  onTick: (listener) => {
    listeners.add(listener);
    timer ??= setInterval(() => {
      for (const each of listeners) each();
    }, 1000);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
    };
  },
};

/** A clock that stands, for the gallery and tests. */
export const stoppedClock = (atMs: number): Clock => ({ now: () => atMs, onTick: () => () => undefined });

const Context = createContext<Clock>(pageClock);

export function ClockProvider(props: { readonly clock: Clock; readonly children: ReactNode }): ReactNode {
  return <Context value={props.clock}>{props.children}</Context>;
}

/** Now in milliseconds, cut to `everyMs`, so that a component is drawn again only that often. */
export function useNow(everyMs = 1000): number {
  const clock = use(Context);
  const cut = useCallback(() => Math.floor(clock.now() / everyMs) * everyMs, [clock, everyMs]);
  return useSyncExternalStore(clock.onTick, cut, cut);
}
