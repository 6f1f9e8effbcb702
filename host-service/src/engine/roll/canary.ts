import { ApplianceStatus } from '../../contract/appliance.ts';
import { CONTROL_PLANE_RECORD, STORAGE_VERSION } from '../../contract/control-plane.ts';
import { GROUP_VERSION } from '../../contract/names.ts';
import { Appliance, APPLIANCE_NAME, Host, Operation, ReleaseObject } from '../../contract/objects.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import { decide } from '../../core/decide/decide.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import { statusOf } from '../../core/status/status.ts';
import { answerFor } from '../cycle/channel.ts';
import { decideInput, lookAtWorld, planSetting, withStored } from '../cycle/look.ts';
import { emptyMemory, type Engine } from '../engine.ts';
import { dryCluster } from '../handle/preview/dry-cluster.ts';
import { lastAnswer } from '../handle/preview/look-ahead.ts';
import { openOperation } from '../journal/journal.ts';
import { partsAtHand } from '../parts.ts';
import type { Cluster, KubeObject } from '../ports.ts';
import { storageVersionOf } from './act/settle.ts';
import { observeControlPlane } from './observe.ts';
import { ownBuildOf } from './own.ts';
import { isReadable } from './record.ts';

const KINDS = { Release: ReleaseObject, Operation, Host } as const;
const LISTED = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];

/**
 * Whether this program can do its work here, tried without changing anything (design §6.3): reads every object with its own schemas and
 * thinks through one cycle with whatever is under way. Before it has passed, a control plane is not ready and takes no part in the election. A
 * build that is on probation has to be able to read everything; one that was good before is not kept from its work by one strange object.
 *
 * @throws Problem roll.storage-too-new, roll.objects-unreadable, cluster.*
 */
export async function tryCanary(engine: Engine, signal: AbortSignal): Promise<'passed' | 'nothing-stored'> {
  const { cluster, log } = engine.ports;
  const appliance = await stored(cluster, signal);
  if (appliance === undefined) return 'nothing-stored';
  const version = storageVersionOf(appliance);
  if (version > STORAGE_VERSION) {
    const detail = `what is stored has form ${version}; this program knows up to ${STORAGE_VERSION}`;
    throw new Problem('roll.storage-too-new', detail);
  }
  const strange = await unreadable(engine, signal);
  if (!Appliance.safeParse({ ...appliance, status: undefined }).success) strange.unshift('Appliance');
  if (strange.length > 0) {
    const detail = `cannot read ${strange.slice(0, 8).join(', ')}`;
    if (strange[0] === 'Appliance' || (await isOnProbation(engine, signal)))
      throw new Problem('roll.objects-unreadable', detail);
    log.warn('left out what cannot be read', { detail });
  }
  try {
    await thinkThrough(engine, signal);
  } catch (error) {
    signal.throwIfAborted();
    const problem = problemOf(error);
    if (problem.code.startsWith('cluster.') && problem.code !== 'cluster.bad-answer') throw error;
    throw new Problem('roll.objects-unreadable', `no cycle can be thought through: ${problem.detail}`, {
      cause: error,
    });
  }
  return 'passed';
}

/** The Appliance as it is stored; undefined on a box that has never run. */
async function stored(cluster: Cluster, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await cluster.get({ apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME }, signal);
  } catch (error) {
    if (error instanceof Problem && error.code === 'cluster.no-such-kind') return undefined;
    throw error;
  }
}

/** Names of objects that our schemas refuse. */
async function unreadable({ ports, namespace }: Engine, signal: AbortSignal): Promise<string[]> {
  const { cluster } = ports;
  const lists = await Promise.all(
    LISTED.map(async (kind) => {
      const found = await cluster.list({ apiVersion: GROUP_VERSION, kind }, { signal });
      return found
        .filter((object) => !KINDS[kind].safeParse({ ...object, apiVersion: GROUP_VERSION, kind }).success)
        .map(({ metadata }) => `${kind} ${metadata.name}`);
    }),
  );
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: CONTROL_PLANE_RECORD };
  const record = await cluster.get(ref, signal);
  return [...lists.flat(), ...(isReadable(record) ? [] : ['the record of builds'])];
}

async function isOnProbation(engine: Engine, signal: AbortSignal): Promise<boolean> {
  const { cluster } = engine.ports;
  const own = await ownBuildOf(engine, signal);
  const seen = own === undefined ? undefined : await observeControlPlane(cluster, engine.namespace, signal);
  return seen?.digest === own?.digest && seen?.probationUntil !== undefined;
}

/** One cycle as far as its status, from what is stored alone; nothing is written and no registry is asked. */
async function thinkThrough(real: Engine, signal: AbortSignal): Promise<void> {
  // The application's own silence must not keep a control plane from being ready.
  const prober = { probe: () => Promise.resolve({ ok: true, detail: 'not asked while trying' }) };
  const ports = { ...real.ports, prober, cluster: dryCluster(real.ports.cluster) };
  const engine: Engine = { ...real, ports, memory: emptyMemory() };
  const seen = await lookAtWorld(engine, signal);
  const offline = { code: 'registry.cancelled', detail: 'not asked while trying' } as const;
  const resolution = await lastAnswer(engine, seen, offline, signal);
  const observed = withStored(seen, resolution);
  const open = openOperation(observed.operations);
  const answer = answerFor(open, resolution, observed);
  const decision = decide(decideInput(engine, observed, answer, resolution.statement));
  const target = decision.target === undefined ? undefined : observed.releases.get(decision.target);
  const parts = target === undefined ? undefined : partsAtHand(engine, target);
  const setting = planSetting(engine, observed);
  const plan = makePlan({ ...setting, observed, decision, parts, open });
  const { name, version, build } = engine.identity;
  const status = statusOf({
    ...{ previous: undefined, observed, decision, plan, channel: resolution.channel, open },
    ...{ problems: [], handledRequests: [], now: setting.now },
    controlPlane: { version, build, leader: name },
  });
  ApplianceStatus.parse(status);
}
