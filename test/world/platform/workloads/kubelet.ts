import { COMPONENT_LABEL } from 'host-service/contract/objects.ts';
import { ApiError } from '../client.ts';
import { controllerOf, listAt, nameOf, textAt, type Thing } from '../fields.ts';
import { isTrue } from '../conditions.ts';
import { KINDS, remove, writeStatus, type Machine } from '../machine.ts';
import { trialStatus } from '../storage.ts';
import { firstUserOf } from './accounts.ts';
import type { Listeners } from './listeners.ts';
import {
  listeningOf,
  podStatusOf,
  stageOf,
  type PodRun,
  type Stage,
  type StageInput,
  type Trouble,
} from './pod-status.ts';

export const NODE = 'appliance-0';
/** A crashed container is tried again this often; the real node waits up to five minutes. */
const RESTART_MS = 1000;
const CRASHES_AT_ONCE = 3;
const MOST_RESTARTS = 20;

interface Known {
  run: PodRun;
  trouble: Trouble;
  logged: string;
  placed: boolean;
}

/** Addresses of pods: one each, or all the same where there is only one. */
export interface Addresses {
  readonly node: string;
  next(): string;
}

/** Stand-in for scheduler and kubelet: starts pods, lets them answer, and makes the faults of the world visible as a node would. */
export class Kubelet {
  readonly #machine: Machine;
  readonly #listeners: Listeners;
  readonly #addresses: Addresses;
  readonly #known = new Map<string, Known>();

  constructor(machine: Machine, listeners: Listeners, addresses: Addresses) {
    this.#machine = machine;
    this.#listeners = listeners;
    this.#addresses = addresses;
  }

  async reconcile(key: string): Promise<number | undefined> {
    const [namespace, name = ''] = key.split('/');
    const pod = this.#machine.cache.get(KINDS.pod, namespace, name);
    if (pod === undefined) return undefined;
    if (pod.metadata.deletionTimestamp !== undefined) {
      await this.removed(pod);
      await remove(this.#machine, pod);
      return undefined;
    }
    const now = Date.now();
    const known = this.#look(pod, now);
    const input = this.#inputOf(pod, known, now);
    const stage = stageOf(input);
    if (hasEnded(pod)) return undefined;
    if (stage !== 'unschedulable' && !known.placed) await this.#place(pod, known);
    // What a Job has done is there before it says so.
    if (stage === 'done') await this.#prepare(pod);
    // Listens before it says so: who reads "ready" may ask at once.
    await this.#listeners.set(uidOf(pod), input.run.address, listeningOf(pod, stage, input.trouble));
    const current = this.#machine.cache.get(KINDS.pod, namespace, name) ?? pod;
    const trial = isTrial(pod) ? trialStatus(this.#machine, pod, new Date(now)) : undefined;
    await writeStatus(this.#machine, current, trial ?? podStatusOf(current, input));
    this.#log(pod, stage, known);
    return this.#nextLook(stage, input);
  }

  /** The power was away: every container starts once more. */
  startAnew(now: number): void {
    for (const known of this.#known.values())
      known.run = { ...known.run, begunAt: now, restarts: known.run.restarts + 1 };
  }

  async #prepare(pod: Thing): Promise<void> {
    const user = await firstUserOf(this.#machine.client, pod);
    if (user !== undefined) this.#machine.accounts.prepare(user);
  }

  /** The pod is gone: nothing answers for it any more. */
  async removed(pod: Thing): Promise<void> {
    const known = this.#known.get(uidOf(pod));
    this.#known.delete(uidOf(pod));
    if (known !== undefined) await this.#listeners.set(uidOf(pod), known.run.address, []);
  }

  /** What is known of the pod, with the fault that holds now. A new fault, or the end of one, is a new start. */
  #look(pod: Thing, now: number): Known {
    const trouble = this.#troubleOf(pod);
    const found = this.#known.get(uidOf(pod));
    if (found === undefined) {
      const made = {
        run: this.#firstRun(pod, now, trouble),
        trouble,
        logged: '',
        placed: textAt(pod, 'spec', 'nodeName') !== '',
      };
      this.#known.set(uidOf(pod), made);
      return made;
    }
    if (found.trouble !== trouble) {
      const isNew = found.trouble === 'probe' || trouble === 'probe' ? found.run.begunAt : now;
      const crashes = trouble === 'crash' ? CRASHES_AT_ONCE : found.trouble === 'crash' ? 1 : 0;
      found.run = { ...found.run, begunAt: isNew, restarts: found.run.restarts + crashes };
      found.trouble = trouble;
    } else if (
      trouble === 'crash' &&
      found.run.restarts < MOST_RESTARTS &&
      now - found.run.begunAt >= RESTART_MS
    ) {
      found.run = { ...found.run, begunAt: now, restarts: found.run.restarts + 1 };
    }
    return found;
  }

  /** A pod that was up before this process began goes on as it was. */
  #firstRun(pod: Thing, now: number, trouble: Trouble): PodRun {
    const isUp = isTrue(pod, 'Ready') && trouble === 'none';
    const before = listAt(pod, 'status', 'containerStatuses').map((one) =>
      Number(Reflect.get(Object(one), 'restartCount') ?? 0),
    );
    const onNode = Reflect.get(Object(pod['spec']), 'hostNetwork') === true;
    const ip = textAt(pod, 'status', 'podIP');
    return {
      address: onNode ? this.#addresses.node : ip.startsWith('127.') && isUp ? ip : this.#addresses.next(),
      hostAddress: this.#addresses.node,
      begunAt: isUp ? now - this.#machine.startMs : now,
      restarts: Math.max(0, ...before) + (trouble === 'crash' ? CRASHES_AT_ONCE : 0),
    };
  }

  #inputOf(pod: Thing, { run, trouble }: Known, now: number): StageInput {
    const ends = controllerOf(pod)?.kind === 'Job' || isTrial(pod);
    return { run, trouble, now, ends, startMs: this.#machine.startMs };
  }

  #troubleOf(pod: Thing): Trouble {
    const fault = this.#machine.fault();
    if (!('workload' in fault)) return 'none';
    return this.#namesOf(pod).includes(fault.workload) ? fault.kind : 'none';
  }

  /** Names under which people know the pod's workload. */
  #namesOf(pod: Thing): readonly string[] {
    const owner = controllerOf(pod);
    if (owner === undefined) return [pod.metadata.name];
    const { namespace } = pod.metadata;
    const kind = { apiVersion: owner.apiVersion, kind: owner.kind };
    const parent = this.#machine.cache.get(kind, namespace, owner.name);
    const above = parent === undefined ? undefined : controllerOf(parent);
    const label = parent?.metadata.labels?.[COMPONENT_LABEL];
    return [above?.name ?? owner.name, ...(label === undefined ? [] : [label])];
  }

  /** Gives a pod that had no room its node. A server without this subresource keeps the pod without a node's name. */
  async #place(pod: Thing, known: Known): Promise<void> {
    await this.#machine.client.bind(pod, NODE).catch((error: unknown) => {
      if (!(error instanceof ApiError) || ![404, 405, 409].includes(error.status)) throw error;
    });
    known.placed = true;
    const bound = await this.#machine.client.get({
      ...KINDS.pod,
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
    });
    if (bound !== undefined) this.#machine.cache.put(bound);
  }

  #log(pod: Thing, stage: Stage, known: Known): void {
    const like = `${stage} ${known.run.restarts}`;
    if (known.logged === like) return;
    known.logged = like;
    for (const container of listAt(pod, 'spec', 'containers')) {
      const name = textAt(container, 'name');
      const ports = listeningOf(pod, stage, 'none').map(({ port }) => port);
      const start = `starting ${textAt(container, 'image')}\n`;
      if (stage === 'crashing') {
        const text = `${start}configuration read\nfatal: the data directory is not usable\nexiting with code 1\n`;
        this.#machine.setLog(pod, name, true, text);
        this.#machine.setLog(pod, name, false, text);
      } else if (stage === 'starting' || stage === 'ready' || stage === 'done') {
        const rest =
          stage === 'done' ? 'done\n' : stage === 'ready' ? `listening on ${ports.join(', ')}\nready\n` : '';
        this.#machine.setLog(pod, name, false, start + rest);
      }
    }
  }

  #nextLook(stage: Stage, { run, now, startMs }: StageInput): number | undefined {
    const age = now - run.begunAt;
    switch (stage) {
      case 'creating':
        return Math.max(1, startMs / 2 - age);
      case 'starting':
        return Math.max(1, startMs - age);
      case 'crashing':
        return run.restarts < MOST_RESTARTS ? RESTART_MS : undefined;
      case 'pull-failed':
        return age < RESTART_MS ? RESTART_MS - age + 1 : undefined;
      default:
        return undefined;
    }
  }
}

/** Belongs to nobody and writes once. */
const isTrial = (pod: Thing): boolean =>
  controllerOf(pod) === undefined && textAt(pod, 'spec', 'restartPolicy') === 'Never';
const hasEnded = (pod: Thing): boolean => ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
const uidOf = (pod: Thing): string => pod.metadata.uid ?? nameOf(pod);
