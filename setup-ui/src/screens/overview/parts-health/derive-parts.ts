import type { ApplianceStatus, ComponentHealth } from 'host-service/contract/appliance.ts';
import type { Tier } from 'host-service/contract/release.ts';
import { TIERS } from '../model/facts.ts';

/** One part of the application. */
export interface PartRow {
  readonly name: string;
  readonly title: string;
  readonly state: ComponentHealth['state'];
  /** Its fault; its words are found by this, as far as the page knows the code. */
  readonly code?: string;
  /** The server's own words and the names in the cluster, for technical details. */
  readonly technical: {
    readonly detail: string;
    readonly place: string;
    readonly digests: readonly (readonly [key: string, digest: string])[];
    readonly pods: readonly string[];
  };
}

export interface TierGroup {
  readonly tier: Tier;
  readonly state: 'ready' | 'progressing' | 'failed' | 'unknown';
  readonly ready: number;
  readonly parts: readonly PartRow[];
}

const ORDER: readonly ComponentHealth['state'][] = ['failed', 'missing', 'unknown', 'progressing', 'ready'];

/** The parts by tier, in the order in which tiers come up; within a tier what is not well comes first. */
export function tierGroupsOf(status: ApplianceStatus): readonly TierGroup[] {
  return TIERS.flatMap((tier) => {
    const members = status.components.filter((component) => component.tier === tier);
    if (members.length === 0) return [];
    const parts = [...members].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)).map(partOf);
    const ready = members.filter(({ state }) => state === 'ready').length;
    return [{ tier, state: status.tiers[tier] ?? 'unknown', ready, parts }];
  });
}

function partOf({
  name,
  title,
  state,
  code,
  detail,
  kind,
  namespace,
  digests,
  pods,
}: ComponentHealth): PartRow {
  return {
    name: `${kind}/${namespace}/${name}`,
    title,
    state,
    ...(code === undefined || state === 'ready' ? {} : { code }),
    technical: { detail, place: `${kind} ${namespace}/${name}`, digests: Object.entries(digests), pods },
  };
}
