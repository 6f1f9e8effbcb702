import type { StatusView } from 'host-service/contract/api/status.ts';
import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import type { Tier } from 'host-service/contract/release.ts';

/** Tiers in the order in which they come up. */
export const TIERS: readonly Tier[] = ['platform', 'core', 'login', 'background'];
const LOGIN_TIERS: readonly Tier[] = ['platform', 'core', 'login'];

/** Whether people can log in: trouble in the background does not count (B-81). */
export function canLogIn(status: ApplianceStatus): boolean {
  const present = LOGIN_TIERS.filter((tier) => status.tiers[tier] !== undefined);
  return present.length > 0 && present.every((tier) => status.tiers[tier] === 'ready');
}

/** The operation under way; what has ended is history. */
export function openOperation(view: StatusView): OperationView | undefined {
  return view.operation?.outcome === 'running' ? view.operation : undefined;
}

/** Title of a channel as the product names it. */
export function channelTitle(view: StatusView, name: string): string {
  return view.channels.find((choice) => choice.name === name)?.title ?? name;
}

/** The channel that is wanted now. */
export const wantedChannel = (view: StatusView): string => view.intent.channel ?? view.defaultChannel;
