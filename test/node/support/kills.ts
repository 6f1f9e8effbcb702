import { NAME, NAMESPACE, type Pod } from './box.ts';
import { eventually } from '../../cluster/kube.ts';
import { podOfWrite, type Fate, type Gatekeeper, type PendingWrite } from './gatekeeper.ts';
import { pidsOf } from './memory.ts';
import type { Stage } from './stage.ts';

const OWN = `/api/v1/namespaces/${NAMESPACE}/pods`;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${NAME}`;
/** The Lease and what every cycle says anew are no writes of a roll. */
const LEFT_OUT = /^(leases|events|hosts|appliances\/status)\b/;

/** One end of one leader. */
export interface Kill {
  /** Program and write: `1.0.0 operations create`. */
  readonly write: string;
  /** Whether the write was stored: it died just after it, else just before. */
  readonly stored: boolean;
}

/** The last thing that a journal says, without names of pods. */
const lastWordOf = (object: unknown): string => {
  const { status } = object as { status?: { events?: readonly { text: string }[]; outcome?: string } };
  const text = status?.events?.at(-1)?.text ?? '';
  return `${status?.outcome ?? ''} ${text}`.replaceAll(new RegExp(`${NAME}-\\S+`, 'gu'), 'POD').trim();
};

/** What a write does, the same for each pod and each try; undefined for what is no part of a roll. */
function wordsOf({
  resource: { resource },
  subResource,
  operation,
  name,
  object,
}: PendingWrite): string | undefined {
  const kind = subResource === undefined ? resource : `${resource}/${subResource}`;
  if (LEFT_OUT.test(kind)) return undefined;
  if (resource === 'operations') return `${kind} ${operation === 'CREATE' ? 'create' : lastWordOf(object)}`;
  return `${kind} ${name}`;
}

/**
 * Kills whoever leads at every write of theirs: once before it is stored and, where it is asked for, once after it was stored and before they
 * read the answer. The pod goes with its program, because the platform's pause before it starts a program again would be most of the time.
 */
export class Kills {
  readonly #stage: Stage;
  readonly #gatekeeper: Gatekeeper;
  readonly done: Kill[] = [];
  readonly #errors: unknown[] = [];
  #underWay: Promise<void> | undefined;

  constructor(stage: Stage, gatekeeper: Gatekeeper) {
    this.#stage = stage;
    this.#gatekeeper = gatekeeper;
  }

  /** From now on; `begins` says when the first write is there that counts, `twice` which are died at on both sides. */
  start(begins: (words: string) => boolean, twice: (words: string) => boolean): void {
    let begun = false;
    this.#gatekeeper.decideBy(async (write) => {
      const words = wordsOf(write);
      if (words === undefined || this.#underWay !== undefined) return { allowed: true };
      begun ||= begins(words);
      if (!begun) return { allowed: true };
      let free = (): void => undefined;
      this.#underWay = new Promise((resolve) => (free = resolve));
      const fate: Fate = await this.#killAt(write, words, twice(words)).catch((error: unknown) => {
        this.#errors.push(error);
        return { allowed: true };
      });
      const afterwards = async (): Promise<void> => {
        await fate.afterwards?.().catch((error: unknown) => this.#errors.push(error));
        this.#underWay = undefined;
        free();
      };
      return { allowed: fate.allowed, afterwards };
    });
  }

  /** Ends killing; throws what went wrong with it. */
  async stop(): Promise<void> {
    this.#gatekeeper.decideBy(undefined);
    await this.#underWay;
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, 'killing did not work');
  }

  async #killAt(pending: PendingWrite, words: string, both: boolean): Promise<Fate> {
    const pod = await this.#stage.world.kube.find<Pod>(`${OWN}/${podOfWrite(pending)}`);
    if (pod === undefined) return { allowed: true };
    const write = `${pod.metadata.labels?.['app.kubernetes.io/version'] ?? '?'} ${words}`;
    const before = this.done.filter((one) => one.write === write).length;
    if (before >= (both ? 2 : 1)) return { allowed: true };
    const stored = before === 1;
    const pids = await pidsOf(pod);
    if (pids.length === 0) throw new Error(`${pod.metadata.name} has no process`);
    // It neither goes on nor hears the answer; the request stays open, so that the API server carries it out.
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const { length } = await this.#answers(pending);
    const afterwards = async (): Promise<void> => {
      const code = await eventually('the API server is done with it', async () =>
        (await this.#answers(pending)).at(length),
      );
      // One that lost against somebody else's write was not stored: its turn comes again.
      if (!stored || code < 300) this.done.push({ write, stored });
      await this.#stage.world.kube.text('DELETE', `${OWN}/${pod.metadata.name}?gracePeriodSeconds=0`);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await this.#freeLease(pod.metadata.name);
    };
    return { allowed: stored, afterwards };
  }

  /** What the API server has answered to this pod's writes of such objects. */
  async #answers(pending: PendingWrite): Promise<readonly number[]> {
    const { resource } = pending.resource;
    const pod = podOfWrite(pending);
    const answered = (await this.#stage.writes()).filter(
      ({ objectRef, user }) =>
        objectRef?.resource === resource &&
        objectRef.subresource === pending.subResource &&
        JSON.stringify(user).includes(`"${pod}"`),
    );
    return answered.map(({ responseStatus }) => responseStatus?.code ?? 500);
  }

  /** The first dead holder's Lease runs out by itself. Of the others the ten seconds are spared: the holder is dead either way. */
  async #freeLease(holder: string): Promise<void> {
    if (this.done.length === 1) return;
    const lease = await this.#stage.world.kube.find<{ spec: { holderIdentity?: string } }>(LEASE);
    if (lease?.spec.holderIdentity === holder)
      await this.#stage.world.kube.merge(LEASE, { spec: { holderIdentity: '' } });
  }
}
