import type { Decision } from '../../core/decide/types.ts';
import { canonical } from '../../core/json.ts';
import type { Observed } from '../../core/plan/observed.ts';
import { askEndpoints } from '../checks/ask-endpoints.ts';
import type { Engine } from '../engine.ts';
import { mirrorSecrets } from './mirror-secrets.ts';
import { wishHosts } from './wish-hosts.ts';

/** Hands the way out to those who go it beside us: hosts and delivery. Problems cluster.*. */
export async function tendNetwork(
  engine: Engine,
  seen: { readonly observed: Observed; readonly decision: Decision },
  signal: AbortSignal,
): Promise<void> {
  forgetWaits(engine, seen.observed);
  await askEndpoints(engine, seen, signal);
  await wishHosts(engine, seen.observed, signal);
  await mirrorSecrets(engine, seen.observed, signal);
}

/** Whoever could not be reached by the way of before is asked again at once: somebody has just mended it. */
function forgetWaits({ memory }: Pick<Engine, 'memory'>, { spec }: Pick<Observed, 'spec'>): void {
  const way = canonical([spec.network, spec.registries]);
  const isOther = memory.way !== undefined && memory.way !== way;
  if (isOther && memory.registerWait?.problem.code === 'register.unreachable')
    memory.registerWait = undefined;
  memory.way = way;
}
