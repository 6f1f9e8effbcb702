import { z } from 'zod';
import { Line, Timestamp } from '../names.ts';

/** `viewer` reads everything and changes nothing. An unknown role counts as viewer (design §5). */
export const Role = z.enum(['admin', 'viewer']);
export type Role = z.infer<typeof Role>;

export const UserName = z.string().regex(/^[a-z][a-z0-9._-]{0,31}$/, 'is not a plain user name');
/** Length only: how good it is, is judged where it is chosen. At most 256 bytes go into the hash. */
export const Password = z.string().min(12, 'needs at least 12 characters').max(256);

/** 60 bits in Crockford's alphabet, written XXXX-XXXX-XXXX; hyphens, blanks and case do not matter, O is 0, I and L are 1. */
export const ClaimCode = z.string().min(12).max(32);

/** Answer of `GET /api/version`: what this control plane is. */
export const VersionView = z.object({
  version: z.string().max(64),
  build: z.string().max(128),
  /** Of the page that this server serves; `none` when it has none. */
  uiBuild: z.string().max(128),
  sourceRevision: z.string().max(128).optional(),
  built: Timestamp.optional(),
  contract: z.int(),
});
export type VersionView = z.infer<typeof VersionView>;

/** What the page needs to know about product and vendor before anybody has signed in. */
export const Branding = z.object({
  name: Line,
  vendor: Line,
  support: Line.optional(),
  /** SVG text; shown as an image only. */
  logo: z.string().optional(),
  accent: z.string().optional(),
});
export type Branding = z.infer<typeof Branding>;

/** Answer of `GET /api/session`, with and without a session. */
export const SessionView = z.object({
  claimed: z.boolean(),
  user: UserName.optional(),
  role: Role.optional(),
  expiresAt: Timestamp.optional(),
  branding: Branding,
  /** Six words of this box, the same on its console: whether this is the right box. They prove no connection (docs/threat-model.md). */
  words: z.array(z.string().max(16)).length(6).optional(),
  build: z.string().max(128),
});
export type SessionView = z.infer<typeof SessionView>;

export const ClaimRequest = z.strictObject({
  code: ClaimCode,
  user: UserName.default('admin'),
  password: Password,
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;
export const LoginRequest = z.strictObject({ user: UserName, password: z.string().min(1).max(256) });
export type LoginRequest = z.infer<typeof LoginRequest>;

/** One session that is alive. */
export const SessionEntry = z.object({
  /** Names it in `POST /api/sessions/revoke`; opens nothing. */
  id: z.string().max(64),
  user: UserName,
  role: Role,
  via: z.enum(['ui', 'cli']),
  /** In words, from the browser's own: `Firefox on Android`. */
  device: Line,
  since: Timestamp,
  expiresAt: Timestamp,
  /** The one that asks. */
  isThis: z.boolean(),
});
export type SessionEntry = z.infer<typeof SessionEntry>;

/** Answer of `GET /api/sessions`: all for an admin, the own ones for a viewer. Newest first. */
export const SessionsView = z.object({ sessions: z.array(SessionEntry).max(256) });
export type SessionsView = z.infer<typeof SessionsView>;

/** Body of `POST /api/sessions/revoke`: one session, or all but the one that asks. A viewer ends only own ones. */
export const RevokeRequest = z.union([
  z.strictObject({ id: z.string().min(1).max(64) }),
  z.strictObject({ others: z.literal(true) }),
]);
export type RevokeRequest = z.infer<typeof RevokeRequest>;
