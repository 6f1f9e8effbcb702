import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Ask } from './ask.ts';
import { openOperation } from './facts.ts';
import { saying, type Saying } from './saying.ts';

/** Who looks, and whether the box answers. */
export interface Standing {
  readonly isAdmin: boolean;
  readonly isOffline: boolean;
}

/** Why nothing at all can be asked for now: told once for the whole page. */
export function generalGateOf({ isAdmin, isOffline }: Standing): Saying | undefined {
  if (!isAdmin) return saying('overview.gate.viewer');
  return isOffline ? saying('overview.gate.offline') : undefined;
}

/** Why something cannot be asked for now; undefined = it can (R-25: the reason stands beside the disabled button). */
export function gateOf(ask: Ask, view: StatusView, standing: Standing): Saying | undefined {
  if (ask.kind === 'open-settings') return undefined;
  const general = generalGateOf(standing);
  if (general !== undefined) return general;
  const open = openOperation(view);
  switch (ask.kind) {
    case 'cancel':
    case 'pause':
    case 'resume':
      return open === undefined ? saying('overview.gate.nothing-open') : undefined;
    case 'go-back':
      return open === undefined ? undefined : saying('overview.gate.busy');
    case 'approve':
      return open?.to.digest === ask.release.digest ? saying('overview.gate.under-way') : undefined;
    case 'retry':
      return open === undefined ? undefined : saying('overview.gate.busy');
    default:
      return undefined;
  }
}
