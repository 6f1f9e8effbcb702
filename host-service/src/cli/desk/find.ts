import { z } from 'zod';
import { CONTROL_PLANE_NAME } from '../../contract/control-plane.ts';
import type { Cluster } from '../../engine/ports.ts';

/** discovery.k8s.io/v1, as far as an address needs it. */
const EndpointSlice = z.looseObject({
  addressType: z.enum(['IPv4', 'IPv6']),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
        /** Absent = ready, as Kubernetes has it. */
        conditions: z.looseObject({ ready: z.boolean().nullish() }).nullish(),
      }),
    )
    .nullish(),
  ports: z
    .array(z.looseObject({ name: z.string().nullish(), port: z.int().min(1).max(65_535).nullish() }))
    .nullish(),
});

/** Addresses at which the cluster says that a ready control plane serves; none when there is none. Problem cluster.*. */
export async function controlPlaneOrigins(
  cluster: Pick<Cluster, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const slices = await cluster.list(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    { namespace, labelSelector: `kubernetes.io/service-name=${CONTROL_PLANE_NAME}`, signal },
  );
  return [...new Set(slices.flatMap((slice) => originsIn(EndpointSlice.safeParse(slice).data)))];
}

function originsIn(slice: z.infer<typeof EndpointSlice> | undefined): readonly string[] {
  const ports = slice?.ports ?? [];
  const port = (ports.find(({ name }) => name === 'http') ?? ports[0])?.port;
  if (slice === undefined || port === undefined || port === null) return [];
  const hostOf = (address: string): string => (slice.addressType === 'IPv6' ? `[${address}]` : address);
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.map((address) => `http://${hostOf(address)}:${port}`));
}
