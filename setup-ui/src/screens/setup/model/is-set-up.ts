import type { StatusView } from 'host-service/contract/api/status.ts';

/**
 * Whether an application has ever worked on this box. Before that the wizard is the first page. A box points at its release before it knows
 * that the release works, so an installation that is under way or has failed does not count.
 */
export function isSetUp({ status, operation }: Pick<StatusView, 'status' | 'operation'>): boolean {
  if (status === undefined) return false;
  return status.lastGood !== undefined || (status.running !== undefined && operation?.verb !== 'install');
}

/** Whether the installation was begun: something is being installed, has failed at it, or is there. */
export const isBegun = ({ status, operation }: Pick<StatusView, 'status' | 'operation'>): boolean =>
  (operation !== undefined && operation.verb !== 'roll') || status?.running !== undefined;
