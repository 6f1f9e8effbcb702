import { z } from 'zod';
import { NetworkSettings } from '../network/settings.ts';

/** How a host is to reach others: the same that the control plane does, without passwords. */
export const HostNetwork = z.looseObject({
  ...NetworkSettings.shape,
  proxy: z
    .looseObject({
      http: z.string().max(512).optional(),
      https: z.string().max(512).optional(),
      /** Complete: what is inside the platform is among it. */
      noProxy: z.string().max(8192).optional(),
    })
    .optional(),
});
export type HostNetwork = z.infer<typeof HostNetwork>;

/** A registry as the container runtime is to reach it; its credential is in no object of a host. */
export const HostRegistry = z.looseObject({
  host: z.string().min(1).max(255),
  mirrors: z.array(z.string().max(512)).max(8).default([]),
});
export type HostRegistry = z.infer<typeof HostRegistry>;
