import type { Decision } from '../../core/decide/types.ts';
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
  await askEndpoints(engine, seen, signal);
  await wishHosts(engine, seen.observed, signal);
  await mirrorSecrets(engine, seen.observed, signal);
}
