import type { Accepted, IntentChange } from '../../contract/api/intent.ts';
import type { Actor, UpdatePolicy } from '../../contract/appliance.ts';
import type { Appliance } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import { answersProblem } from '../../core/intent/check-change.ts';
import type { SpecChange } from '../../core/intent/spec-change.ts';
import { keepSecretAnswers } from '../answers.ts';
import type { Engine } from '../engine.ts';
import type { Cluster } from '../ports.ts';
import { approvalFor, readAppliance, setIntent } from '../verbs.ts';
import type { Who } from './handle.ts';

/** Who asks, with the reason that came with the change. */
export function actorWith({ actor }: Who, reason: string | undefined): Actor {
  return reason === undefined ? actor : { ...actor, reason };
}

/**
 * What a change writes into the spec, without its approval. Problems request.invalid (channel, settings and secrets against the product's
 * own words), request.conflict (another revision than the one that was looked at).
 */
function checkedChange(
  { product }: Engine,
  appliance: Appliance,
  change: IntentChange,
  expected: number | undefined,
): SpecChange {
  const present = appliance.metadata.generation ?? 0;
  if (expected !== undefined && expected !== present) {
    throw new Problem('request.conflict', `the intent is at revision ${present}, not ${expected}`);
  }
  const { settings } = appliance.spec;
  const isInstalled = appliance.status?.running !== undefined;
  const problem = answersProblem(product, change, { settings, isInstalled });
  if (problem !== undefined) throw new Problem(problem.code, problem.detail);
  const { pin, hold, whenOlder, updatePolicy } = change;
  // A form sends the channel that it shows: the one that is followed by default is no other one.
  const followed = appliance.spec.intent.channel ?? product.release.defaultChannel;
  const channel = change.channel === followed ? undefined : change.channel;
  return {
    intent: {
      ...(channel === undefined ? {} : { channel }),
      ...(pin === undefined ? {} : { pin }),
      ...(hold === undefined ? {} : { hold }),
      ...(whenOlder === undefined ? {} : { whenOlder }),
    },
    ...(change.settings === undefined ? {} : { settings: change.settings }),
    ...(updatePolicy === undefined ? {} : { updatePolicy: policyOf(updatePolicy) }),
  };
}

function policyOf({ install, update }: NonNullable<IntentChange['updatePolicy']>): Partial<UpdatePolicy> {
  return {
    ...(install === undefined ? {} : { install }),
    ...(update === undefined ? {} : { update }),
  };
}

/** Where a change is made: in the cluster, or in a dry one. */
export interface Place {
  readonly engine: Engine;
  readonly cluster: Cluster;
}

/**
 * Changes what is wanted: all of it or nothing, in one write. Secrets are stored first, because nothing reads them before the intent asks
 * for it. `elsewhere` knows releases that are not stored here yet, and is asked only for one that is approved. Problems request.*,
 * plan.irreversible, release.quarantined, cluster.*.
 */
export async function writeChange(
  { engine, cluster }: Place,
  change: IntentChange,
  who: Who,
  signal: AbortSignal,
  elsewhere?: () => Promise<Cluster>,
): Promise<Accepted> {
  const appliance = await readAppliance(cluster, signal);
  const checked = checkedChange(engine, appliance, change, who.expected);
  const { approve, secrets = {} } = change;
  const approval = approve === undefined ? undefined : await approved(cluster, approve, signal, elsewhere);
  if (Object.keys(secrets).length > 0) await keepSecretAnswers(cluster, secrets, signal, engine.product);
  return setIntent(
    cluster,
    { ...checked, intent: { ...checked.intent, ...approval } },
    { actor: actorWith(who, change.reason), expected: who.expected },
    signal,
  );
}

async function approved(
  cluster: Cluster,
  { release, ...said }: NonNullable<IntentChange['approve']>,
  signal: AbortSignal,
  elsewhere: (() => Promise<Cluster>) | undefined,
): Promise<SpecChange['intent']> {
  try {
    return (await approvalFor(cluster, release, said, signal)).intent;
  } catch (error) {
    const isUnknown = error instanceof Problem && error.code === 'request.invalid';
    if (!isUnknown || elsewhere === undefined) throw error;
    return (await approvalFor(await elsewhere(), release, said, signal)).intent;
  }
}
