import type { z } from 'zod';
import type { NetworkChange, NetworkTouch } from '../../contract/network/view.ts';
import { canonical } from '../json.ts';
import type { NetworkSpec } from './change.ts';

type Touch = z.infer<typeof NetworkTouch>;

/** What a change touches, in the order in which it happens; nothing where all stays as it is. A password is always something new. */
export function touchesOf(before: NetworkSpec, after: NetworkSpec, change: NetworkChange): readonly Touch[] {
  const differs = (of: (spec: NetworkSpec) => unknown): boolean =>
    canonical(of(before)) !== canonical(of(after));
  const isSecret =
    change.proxyCredential !== undefined ||
    (change.registries ?? []).some(({ credential }) => credential !== undefined);
  const way = isSecret || differs(({ network: { proxy, ca }, registries }) => [proxy, ca, registries]);
  return [
    ...(way ? (['control-plane', 'delivery', 'images'] as const) : []),
    ...(differs(({ network }) => network.resolvers) ? (['name-servers'] as const) : []),
    ...(differs(({ network }) => network.timeServers) ? (['time'] as const) : []),
  ];
}
