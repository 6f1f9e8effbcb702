import type { z } from 'zod';
import type { ROUTES, RouteName } from '../contract/api/routes.ts';
import type { Session } from '../engine/handle/handle.ts';

/** What the listener knows about the connection. */
export interface Peer {
  /** Address of the other side. */
  readonly peer?: string;
  /** Ends the connection although the other side has not read everything. */
  readonly cut?: () => void;
}
export interface ApiEnv {
  Bindings: Peer;
}

type Table = typeof ROUTES;
type Schema<R, K extends string> = R extends { readonly [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;
type Names<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

/** One request to a route, with everything parsed and everybody checked. */
export interface Call<N extends RouteName> {
  readonly requestId: string;
  readonly session: Table[N]['access'] extends 'public' ? undefined : Session;
  readonly params: Readonly<Record<Names<Table[N]['path']>, string>>;
  readonly query: Schema<Table[N], 'query'>;
  readonly body: Schema<Table[N], 'body'>;
  /** The body as it came; for routes without a schema for it. */
  readonly raw: Uint8Array;
  readonly header: (name: string) => string | undefined;
  /** The session's cookie as it came. */
  readonly cookie: string | undefined;
  readonly cut: () => void;
  readonly signal: AbortSignal;
}

type Headers = { readonly headers?: Readonly<Record<string, string>> };
type Content<A> = A extends z.ZodType
  ? { readonly json: z.output<A> } | { readonly readyJson: string }
  : A extends 'json'
    ? { readonly json: unknown }
    : A extends 'text'
      ? { readonly text: string; readonly type: string }
      : A extends 'events'
        ? { readonly events: ReadableStream<Uint8Array> }
        : { readonly empty: true };
/** What a route may answer when all is well: exactly what the table says. */
export type Reply<N extends RouteName> = {
  [S in keyof Table[N]['answers']]: { readonly status: S } & Headers & Content<Table[N]['answers'][S]>;
}[keyof Table[N]['answers']];

/** One handler for each route of the table; a missing one does not compile. */
export type Handlers = {
  readonly [N in RouteName]: (call: Call<N>) => Reply<N> | Promise<Reply<N>>;
};
