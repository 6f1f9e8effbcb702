import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import type { KubeObject, LeaseRecord, LeaseStore } from '../../engine/ports.ts';
import type { Api } from './api.ts';
import { whatOf, type Request } from './connect/transport.ts';
import { parseObject } from './objects.ts';
import { queryOf } from './paths.ts';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/** Every member may be missing: `kubectl create` makes such Leases, and a released one has no holder. */
const LeaseSpec = z.looseObject({
  holderIdentity: z.string().nullish(),
  leaseDurationSeconds: z.int().nullish(),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseTransitions: z.int().nullish(),
});

const EPOCH = '1970-01-01T00:00:00.000000Z';

function recordOf(object: KubeObject): LeaseRecord {
  const spec = LeaseSpec.safeParse(object['spec'] ?? {});
  if (!spec.success)
    throw new Problem('cluster.bad-answer', `Lease ${object.metadata.name} has no usable spec`);
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec.data;
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    holder: holderIdentity ?? '',
    durationSeconds: leaseDurationSeconds ?? 0,
    acquireTime: acquireTime ?? EPOCH,
    renewTime: renewTime ?? EPOCH,
    transitions: leaseTransitions ?? 0,
    resourceVersion: object.metadata.resourceVersion,
  };
}

/** MicroTime wants exactly six digits (apimachinery meta/v1 micro_time.go). */
const micro = (time: string): string =>
  time.replace(
    /(?:\.(\d*))?Z$/,
    (_, digits: string | undefined) => `.${(digits ?? '').slice(0, 6).padEnd(6, '0')}Z`,
  );

/** Leases by compare-and-swap; each call has a short time of its own, so that a hanging server is noticed before the Lease runs out. */
export function createLeaseStore(api: Api, fieldManager: string): LeaseStore {
  const special = { withinMs: api.limits.leaseMs, lane: 'leases' } as const;
  return {
    async read(name, namespace, signal) {
      const object = await api.get({ ...LEASE, name, namespace }, signal, special);
      return object === undefined ? undefined : recordOf(object);
    },
    async write(record, signal) {
      const { name, namespace, resourceVersion } = record;
      const body = JSON.stringify({
        ...LEASE,
        metadata: { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
        spec: {
          holderIdentity: record.holder,
          leaseDurationSeconds: record.durationSeconds,
          acquireTime: micro(record.acquireTime),
          renewTime: micro(record.renewTime),
          leaseTransitions: record.transitions,
        },
      });
      const create = resourceVersion === undefined;
      const path = create
        ? await api.collectionOf(LEASE, namespace, signal)
        : await api.pathOf({ ...LEASE, name, namespace }, signal);
      const request: Request = {
        method: create ? 'POST' : 'PUT',
        path: `${path}${queryOf({ fieldManager })}`,
        body,
        ...special,
        signal,
      };
      return recordOf(parseObject(await api.ask(request), LEASE, whatOf(request)));
    },
  };
}
