import { isAsked, networkWish } from '../../core/network/host-wish.ts';
import type { Observed } from '../../core/plan/observed.ts';
import { changeHost } from '../checks/ask-endpoints.ts';
import type { Engine } from '../engine.ts';

/**
 * Asks every host for the network that a person has set; written only where it differs.
 *
 * @throws Problem cluster.*
 */
export async function wishHosts(
  { ports }: Pick<Engine, 'ports'>,
  { hosts = [], spec }: Pick<Observed, 'hosts' | 'spec'>,
  signal: AbortSignal,
): Promise<void> {
  const wish = networkWish(spec);
  for (const { name, spec: own } of hosts) {
    if (isAsked(own, wish)) continue;
    await changeHost(ports.cluster, name, { network: wish.network, registries: wish.registries }, signal);
  }
}
