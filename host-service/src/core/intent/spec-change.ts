import type { z } from 'zod';
import type { Actor, Intent, SettingValue, UpdatePolicy } from '../../contract/appliance.ts';
import { isRecord } from '../json.ts';

/** A change of the spec: only what is given changes; `null` takes a value away. */
export interface SpecChange {
  readonly intent?: { readonly [K in keyof Intent]?: Intent[K] | null };
  readonly settings?: Readonly<Record<string, z.infer<typeof SettingValue> | null>>;
  readonly updatePolicy?: Partial<UpdatePolicy>;
}

/** A spec as it lies in the cluster: members that we do not know survive. */
export type Spec = Readonly<Record<string, unknown>>;

const APPROVALS = ['approvedRelease', 'approvedIrreversible', 'approvedRetry'] as const;

/**
 * The spec with a change. An approval is for one release under one channel and pin: another channel, another pin or none, and another
 * approval end it, unless the change itself approves. Else it would fire again by itself the next time that release comes by.
 */
export function changedSpec(spec: Spec, change: SpecChange, actor: Actor): Spec {
  const intent = isRecord(spec['intent']) ? spec['intent'] : {};
  const kept = endsApprovals(intent, change.intent) ? withoutApprovals(intent) : intent;
  return {
    ...spec,
    intent: { ...merged(kept, change.intent), actor },
    ...(change.settings === undefined ? {} : { settings: merged(spec['settings'], change.settings) }),
    ...(change.updatePolicy === undefined
      ? {}
      : { updatePolicy: merged(spec['updatePolicy'], change.updatePolicy) }),
  };
}

function endsApprovals(before: Spec, change: SpecChange['intent'] = {}): boolean {
  const isOther = (key: 'channel' | 'pin'): boolean =>
    change[key] !== undefined && (change[key] ?? undefined) !== before[key];
  return isOther('channel') || isOther('pin') || typeof change.approvedRelease === 'string';
}

const withoutApprovals = (intent: Spec): Spec =>
  Object.fromEntries(Object.entries(intent).filter(([key]) => APPROVALS.every((one) => one !== key)));

/** Members of the change over what is there; `null` takes away. */
function merged(before: unknown, change: Readonly<Record<string, unknown>> | undefined): Spec {
  const both = { ...(isRecord(before) ? before : {}), ...change };
  return Object.fromEntries(
    Object.entries(both).filter(([, value]) => value !== null && value !== undefined),
  );
}
