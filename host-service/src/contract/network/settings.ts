import { z } from 'zod';

/** A name or address without port, as people type it for a server of the network. */
const HostName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'is not a name or address of a host');

/** `http://proxy.example.com:3128`, without user and password: they are kept in a Secret. */
export const ProxyAddress = z
  .url({ protocol: /^https?$/ })
  .max(512)
  .refine((text) => {
    const url = URL.parse(text);
    return (
      url !== null &&
      url.username === '' &&
      url.password === '' &&
      /^\/?$/.test(url.pathname) &&
      url.search === ''
    );
  }, 'must be an address without user, password and path');

/** How this box goes to other hosts, as a person wants it: `Appliance.spec.network`. Nothing here is secret. */
export const NetworkSettings = z.strictObject({
  proxy: z
    .strictObject({
      http: ProxyAddress.optional(),
      https: ProxyAddress.optional(),
      /** Names with all below them, addresses, networks; with commas between. The box's own inside never goes through a proxy. */
      noProxy: z.string().max(4096).optional(),
    })
    .optional(),
  /** PEM of authorities that count beside the public ones, for every host. */
  ca: z
    .string()
    .max(64 * 1024)
    .optional(),
  /** Addresses of name servers instead of those that the network gives. */
  resolvers: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(3)
    .default([]),
  /** Time servers instead of those that the network gives. */
  timeServers: z.array(HostName).max(4).default([]),
});
export type NetworkSettings = z.infer<typeof NetworkSettings>;

/** Secret in the control plane's namespace, `kubernetes.io/dockerconfigjson`: names and passwords for registries, set by a person. */
export const REGISTRY_CREDENTIALS_SECRET = 'appliance-registries';
/** Secret in the control plane's namespace: `username` and `password` for the proxy. */
export const PROXY_CREDENTIAL_SECRET = 'appliance-proxy';
