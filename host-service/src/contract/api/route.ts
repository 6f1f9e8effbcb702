import type { z } from 'zod';

/** Who may call a route: everybody, anybody with a session, an admin. */
export type AccessLevel = 'public' | 'viewer' | 'admin';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** `:name` stands for one segment. */
  readonly path: string;
  readonly access: AccessLevel;
  /** Who may ask with `dry_run=1`, which changes nothing; default: who may call it. */
  readonly dryRunAccess?: AccessLevel;
  readonly summary: string;
  readonly query?: z.ZodObject;
  /** JSON body; at most `bodyBytes` (default 64 KiB). */
  readonly body?: z.ZodType;
  readonly bodyBytes?: number;
  /** Status and JSON of a good answer; a stream or text has none. */
  readonly answers: Readonly<Record<number, z.ZodType | 'events' | 'text' | 'json' | 'empty'>>;
}
