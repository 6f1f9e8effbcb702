import { createContext, use, useSyncExternalStore, type ReactNode } from 'react';
import type { Call } from './call.ts';
import type { Freshness } from './freshness.ts';

/** A value that changes and says so. */
export interface Watched<T> {
  readonly get: () => T;
  readonly subscribe: (listener: () => void) => () => void;
}

export interface Api {
  readonly call: Call;
  readonly freshness: Watched<Freshness>;
  /** Whether the live stream is open: what comes by it need not be asked for. */
  readonly isStreaming: Watched<boolean>;
}

const Context = createContext<Api | undefined>(undefined);

export function ApiProvider(props: { readonly api: Api; readonly children: ReactNode }): ReactNode {
  return <Context value={props.api}>{props.children}</Context>;
}

/** The way to the box. */
export function useApi(): Api {
  const api = use(Context);
  if (api === undefined) throw new Error('useApi is used outside ApiProvider');
  return api;
}

export function useWatched<T>(watched: Watched<T>): T {
  return useSyncExternalStore(watched.subscribe, watched.get, watched.get);
}

/** How old what is shown may be (E-09). */
export const useFreshness = (): Freshness => useWatched(useApi().freshness);

/** A watched value that can be set; equal values are not told. */
export function createWatched<T>(
  first: T,
  isEqual: (a: T, b: T) => boolean = Object.is,
): Watched<T> & { readonly set: (value: T) => void } {
  let current = first;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set: (value) => {
      if (isEqual(current, value)) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
  };
}
