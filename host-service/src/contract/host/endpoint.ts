import { z } from 'zod';
import { Line, Timestamp } from '../names.ts';
import { ProblemBody } from '../problem.ts';

/** An address that the release needs, and the way there. Never a credential: who may read hosts may read this. */
export const EndpointWish = z.strictObject({
  /** `https://host[:port]/v2/`. */
  url: z.url({ protocol: /^https?$/ }).max(512),
  /** Without user and password: then the proxy says that it wants them. */
  proxy: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .optional(),
  /** PEM of authorities that count beside the public ones. */
  ca: z
    .string()
    .max(32 * 1024)
    .optional(),
});
export type EndpointWish = z.infer<typeof EndpointWish>;

const Milliseconds = z.number().min(0).max(600_000);

/** What came back, hop by hop: the last member that is there says how far it got. */
export const EndpointReport = z.strictObject({
  url: z.string().max(512),
  at: Timestamp,
  /** `direct`, or the host of the proxy. */
  via: z.string().max(255),
  dnsMs: Milliseconds.optional(),
  addresses: z.array(z.string().max(64)).max(8).optional(),
  tcpMs: Milliseconds.optional(),
  tls: z
    .strictObject({
      issuer: Line,
      subject: Line,
      validTo: Timestamp.optional(),
      /** By the public authorities or one that was added. */
      trusted: z.boolean(),
      /** By the public authorities alone. */
      public: z.boolean(),
      /** Why it is not trusted, in OpenSSL's word. */
      reason: z.string().max(64).optional(),
    })
    .optional(),
  /** Of the HTTP answer. */
  status: z.int().min(100).max(599).optional(),
  /** Its clock minus ours, in milliseconds. */
  dateSkewMs: z.int().optional(),
  problem: ProblemBody.optional(),
});
export type EndpointReport = z.infer<typeof EndpointReport>;

/** So many addresses are measured. */
export const MAX_ENDPOINTS = 12;

/** Asks a host to measure all of it again: the id is new for each time. */
export const MeasureMark = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9-]+$/),
  at: Timestamp,
});
export type MeasureMark = z.infer<typeof MeasureMark>;
