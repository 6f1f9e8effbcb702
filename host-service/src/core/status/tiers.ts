import type { z } from 'zod';
import type { ComponentHealth, TierState } from '../../contract/appliance.ts';
import type { Tier } from '../../contract/release.ts';

export type Tiers = Partial<Record<Tier, z.infer<typeof TierState>>>;

/** Tiers that must be ready before people can log in. `background` is not among them (B-81). */
export const LOGIN_TIERS: readonly Tier[] = ['platform', 'core', 'login'];

/**
 * State of each tier that has components: failed when one failed, ready when all are, unknown when nothing could be seen, else progressing.
 * A missing component is never healthy (B-75).
 */
export function tiersOf(components: readonly ComponentHealth[]): Tiers {
  const tiers: Tiers = {};
  for (const [tier, members] of Map.groupBy(components, (component) => component.tier)) {
    const states = new Set(members.map((member) => member.state));
    if (states.has('failed')) tiers[tier] = 'failed';
    else if (states.size === 1 && states.has('ready')) tiers[tier] = 'ready';
    else if (states.has('progressing') || states.has('missing')) tiers[tier] = 'progressing';
    else tiers[tier] = 'unknown';
  }
  return tiers;
}

/** Whether people can log in: something of the application is expected, and every tier up to `login` is ready. */
export function canLogIn(tiers: Tiers): boolean {
  const present = LOGIN_TIERS.filter((tier) => tiers[tier] !== undefined);
  return present.length > 0 && present.every((tier) => tiers[tier] === 'ready');
}
