import { z } from 'zod';
import { RegistryOverride } from './appliance.ts';
import { Label } from './names.ts';

/** The control plane's one configuration file, YAML (issue item 10). Strict: an unknown key is a mistake, not a wish. */
export const ControlPlaneConfig = z.strictObject({
  schema: z.literal('appliance.config/v1'),
  /** `in-cluster`, or the path of a kubeconfig file. */
  kubernetes: z.union([
    z.literal('in-cluster'),
    z.strictObject({ kubeconfig: z.string().min(1), context: z.string().optional() }),
  ]),
  /** Path of product.yaml. */
  product: z.string().min(1),
  /** Path of trust.yaml; reread when it changes. */
  trust: z.string().min(1),
  /** Replaces the product's release repository, e.g. for a mirror or a test registry. */
  releaseRepository: z.string().max(255).optional(),
  /** Replaces the address of the product's licence service, e.g. for a test. */
  registrationUrl: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .optional(),
  /** Directory with a baked release (OCI layout), used when the registry is away at first boot. */
  baked: z.string().optional(),
  registries: z.array(RegistryOverride).max(16).default([]),
  proxy: z
    .strictObject({
      http: z.url().optional(),
      https: z.url().optional(),
      noProxy: z.string().max(4096).optional(),
    })
    .optional(),
  /** Address of API, page, probes and metrics. */
  listen: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[0-9.]+):\d{1,5}$/)
    .default('127.0.0.1:8080'),
  /** Milliseconds between looks at the channel, before jitter of ±20 %. */
  pollMs: z.int().min(1000).default(300_000),
  /** Milliseconds between cycles when nothing wakes the loop. */
  resyncMs: z.int().min(100).default(15_000),
  /** Folder of the built page; default: beside the program. */
  ui: z.string().min(1).optional(),
  /**
   * File (0600) that gets the claim code when this control plane makes it itself because no agent does. Without it, and without a code from
   * the host, nobody can claim the box.
   */
  claimCodeFile: z.string().min(1).optional(),
  /** `plain` lets session cookies travel over HTTP; for loopback only, e.g. the demo. */
  cookies: z.enum(['secure', 'plain']).default('secure'),
  namespace: Label.default('alga-appliance-control-plane'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
export type ControlPlaneConfig = z.infer<typeof ControlPlaneConfig>;
