import { GROUP_VERSION } from '../../../contract/names.ts';
import { Appliance, Operation } from '../../../contract/objects.ts';
import type { Product } from '../../../contract/product.ts';
import type { Clock, KubeObject, Log } from '../../ports.ts';
import { History } from './history.ts';
import { Listeners, operationEvent, snapshotEvent, type Published, type Sent } from './listeners.ts';
import { snapshotOf, type Snapshot } from './status-view.ts';

export interface StateOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly product: Product;
  readonly build: string;
}

/** Least milliseconds between two snapshots: many changes are one. */
const GAP_MS = 100;
/** The cluster counts as out of sight after so many milliseconds without a good answer. */
const LOST_MS = 3_000;

/** The box as it was last seen, made ready for those who look; fed by watches and reads. */
export class LiveState {
  private readonly options: StateOptions;
  private readonly history = new History();
  private readonly listeners: Listeners;
  private appliance: Appliance | undefined;
  private operations: ReadonlyMap<string, Operation> = new Map();
  private isLoaded = false;
  private published: Published | undefined;
  private publishedAt: number | undefined;
  private isScheduled = false;
  private isConnected = true;
  private since: string;
  private failingSince: number | undefined;

  constructor(options: StateOptions) {
    this.options = options;
    this.listeners = new Listeners(this.history, options.log);
    this.since = options.clock.now().toISOString();
  }

  current(): Snapshot | undefined {
    return this.published?.snapshot;
  }

  subscribe(after: string | undefined, send: (event: Sent) => void): () => void {
    return this.listeners.add(after, send, this.published);
  }

  /** resourceVersion of the Appliance as last seen. */
  revision(): string | undefined {
    return this.appliance?.metadata.resourceVersion;
  }

  isFailing(): boolean {
    return this.failingSince !== undefined;
  }

  /** The Appliance as it is now. One that cannot be read is told in the log and changes nothing; without status it is read if need be. */
  takeAppliance(object: KubeObject): void {
    if (object.metadata.resourceVersion === this.revision()) return;
    const whole = Appliance.safeParse(object);
    const parsed = whole.success ? whole : Appliance.safeParse({ ...object, status: undefined });
    if (!whole.success) {
      this.options.log.warn('the Appliance cannot be read as a whole', { error: whole.error.message });
    }
    if (!parsed.success) return;
    this.appliance = parsed.data;
    this.changed();
  }

  /** An operation as it is now: its new events go out at once. */
  takeOperation(object: KubeObject): void {
    const { name, resourceVersion } = object.metadata;
    const before = this.operations.get(name);
    if (before !== undefined && before.metadata.resourceVersion === resourceVersion) return;
    const parsed = Operation.safeParse({ ...object, apiVersion: GROUP_VERSION, kind: 'Operation' });
    if (!parsed.success) {
      this.options.log.warn('an Operation cannot be read', { name, error: parsed.error.message });
      return;
    }
    this.operations = new Map(this.operations).set(name, parsed.data);
    for (const told of this.history.take(parsed.data)) {
      if (this.published === undefined) continue;
      this.listeners.tell(operationEvent(told, this.published.snapshot.content));
    }
    this.changed();
  }

  dropOperation(name: string): void {
    if (!this.operations.has(name)) return;
    this.operations = new Map([...this.operations].filter(([one]) => one !== name));
    this.history.forget(name);
    this.changed();
  }

  /** All operations there are, oldest first taken. Nothing is published before they were seen once. */
  takeOperations(objects: readonly KubeObject[]): void {
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const name of [...this.operations.keys()]) if (!names.has(name)) this.dropOperation(name);
    for (const object of [...objects].sort(oldestFirst)) this.takeOperation(object);
    this.isLoaded = true;
    this.changed();
  }

  /** The cluster has answered. */
  reached(): void {
    this.failingSince = undefined;
    if (!this.isConnected) this.turn(true);
  }

  /** The cluster has not answered a question of this monotonic time. */
  missed(askedAt: number): void {
    this.failingSince ??= askedAt;
    const forMs = this.options.clock.monotonic() - this.failingSince;
    if (this.isConnected && forMs >= LOST_MS) this.turn(false);
  }

  private turn(isConnected: boolean): void {
    const { clock, log } = this.options;
    this.isConnected = isConnected;
    this.since = clock.now().toISOString();
    log.info(isConnected ? 'the cluster is in sight again' : 'the cluster is out of sight');
    this.changed();
  }

  /** Publishes at once, or after the least time since the last one. */
  private changed(): void {
    if (this.isScheduled) return;
    const { clock } = this.options;
    const restMs = this.publishedAt === undefined ? 0 : this.publishedAt + GAP_MS - clock.monotonic();
    if (restMs <= 0) {
      this.publish();
      return;
    }
    this.isScheduled = true;
    void clock.sleep(restMs, new AbortController().signal).then(() => {
      this.isScheduled = false;
      this.publish();
    });
  }

  private publish(): void {
    const { appliance, isLoaded } = this;
    if (appliance === undefined || !isLoaded) return;
    const { clock, product, build } = this.options;
    const before = this.published;
    const operations = [...this.operations.values()].sort((a, b) => oldestFirst(b, a));
    const cluster = { isConnected: this.isConnected, since: this.since };
    const last = this.history.last();
    const snapshot = snapshotOf({ appliance, operations, product, cluster, build, last });
    this.publishedAt = clock.monotonic();
    this.published = { snapshot, place: this.history.end() };
    if (before === undefined) this.listeners.begin(this.published);
    else if (before.snapshot.content !== snapshot.content) this.listeners.tell(snapshotEvent(snapshot));
  }
}

type Named = Pick<KubeObject, 'metadata'>;

/** Names begin with the time in UTC; creation decides where clocks were turned. */
function oldestFirst(a: Named, b: Named): number {
  const keyOf = ({ metadata }: Named): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
