import { z } from 'zod';
import { EndpointReport } from '../host/endpoint.ts';
import { Line, Timestamp } from '../names.ts';
import { NetworkSettings, ProxyAddress } from './settings.ts';
import { ProblemBody } from '../problem.ts';

const Host = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9.[\]:-]+$/, 'is not a host, with or without port');

/** One certificate of the authorities that were added. */
export const AuthorityView = z.object({
  subject: Line,
  issuer: Line,
  validTo: Timestamp,
  /** SHA-256 of the certificate, hex. */
  fingerprint: z.string().max(64),
});

/** A host that the wanted release or the licence service needs, and how this box gets there. */
export const NeededHost = z.object({
  host: Host,
  /** What it is needed for. */
  use: z.enum(['registry', 'licence']),
  mirrors: z.array(z.string().max(512)).max(8),
  /** `direct`, or host and port of the proxy. */
  via: z.string().max(255),
  /** Whether a name and password are stored, and for which user. Never the password. */
  credential: z.object({ isSet: z.boolean(), user: Line.optional() }),
  /** The last measurement, by the host of the box. */
  report: EndpointReport.optional(),
});
export type NeededHost = z.infer<typeof NeededHost>;

/** Answer of `GET /api/network`. */
export const NetworkView = z.object({
  /** Of the intent; what `If-Match` of a change names. */
  revision: z.int(),
  settings: NetworkSettings,
  /** What comes from the control plane's own file and is in force because nothing here says otherwise. */
  fixed: z.object({ proxy: z.boolean(), ca: z.boolean(), registries: z.array(Host).max(16) }),
  proxyCredential: z.object({ isSet: z.boolean(), user: Line.optional() }),
  authorities: z.array(AuthorityView).max(32),
  hosts: z.array(NeededHost).max(32),
  /** What hosts of the box do not do of it, in sentences (name servers and time need the host's program). */
  rejected: z.array(z.object({ host: Line, what: Line, code: z.string().max(64) })).max(32),
});
export type NetworkView = z.infer<typeof NetworkView>;

const Credential = z.strictObject({ user: Line.min(1), password: z.string().min(1).max(4096) });

/** Body of `PATCH /api/network`: only what is given changes, `null` takes it away. */
export const NetworkChange = z.strictObject({
  proxy: z
    .strictObject({
      http: ProxyAddress.optional(),
      https: ProxyAddress.optional(),
      noProxy: z.string().max(4096).optional(),
    })
    .nullable()
    .optional(),
  /** Write-only. */
  proxyCredential: Credential.nullable().optional(),
  ca: z
    .string()
    .min(1)
    .max(64 * 1024)
    .nullable()
    .optional(),
  resolvers: NetworkSettings.shape.resolvers.unwrap().optional(),
  timeServers: NetworkSettings.shape.timeServers.unwrap().optional(),
  registries: z
    .array(
      z.strictObject({
        host: Host,
        mirrors: z
          .array(z.url({ protocol: /^https?$/ }).max(512))
          .max(8)
          .optional(),
        /** Write-only; `null` removes. */
        credential: Credential.nullable().optional(),
      }),
    )
    .max(16)
    .optional(),
  reason: Line.optional(),
});
export type NetworkChange = z.infer<typeof NetworkChange>;

/** What a change of the network touches, each once, in the order in which it happens: a closed list, so that pages translate it. */
export const NetworkTouch = z.enum([
  /** The control plane's own way to registries and the licence service: at once, nothing restarts. */
  'control-plane',
  /** The delivery of releases: its next look goes the new way. */
  'delivery',
  /** The platform fetches images the new way; what runs is not restarted. */
  'images',
  /** Name servers of the box. */
  'name-servers',
  /** Time servers of the box. */
  'time',
]);
export type NetworkTouch = z.infer<typeof NetworkTouch>;

/** One host as it was reached with the settings that are proposed. */
export const NetworkTest = z.object({
  host: Host,
  /** Which address answered: the mirror or the host itself. */
  report: EndpointReport,
  /** `not-needed`: answers to everybody; `untested`: it was not reached far enough to ask. */
  credential: z.enum(['not-needed', 'accepted', 'refused', 'missing', 'untested']),
  problem: ProblemBody.optional(),
});
export type NetworkTest = z.infer<typeof NetworkTest>;

/** Answer of `PATCH /api/network?dry_run=1`. */
export const NetworkPreview = z.object({ touches: z.array(NetworkTouch).max(8), settings: NetworkSettings });
export type NetworkPreview = z.infer<typeof NetworkPreview>;

/** Body of `POST /api/network/test`: goes to one host with the stored settings and, on top of them, a change that is not saved. */
export const NetworkTestRequest = z.strictObject({ host: Host, change: NetworkChange.optional() });
export type NetworkTestRequest = z.infer<typeof NetworkTestRequest>;
