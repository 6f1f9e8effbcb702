import type { Operation } from '../../../contract/objects.ts';
import type { OperationEvent } from '../../../contract/operation.ts';

/** An event with the operation that it belongs to. */
export interface Told {
  readonly operation: string;
  readonly event: OperationEvent;
}
type Place = { readonly operation: string; readonly n: number } | undefined;

/** So many operation events are kept for those who come back after a pause. */
const KEPT = 2_000;

/** Operation events in the order in which they came: filled from the objects, so that it is the same after a restart. */
export class History {
  private told: Told[] = [];
  /** Place of `told[0]` among all events ever. */
  private first = 0;
  private readonly newest = new Map<string, number>();

  /** Takes up what an operation says; answers what is new, in order. */
  take({ metadata, status }: Operation): readonly Told[] {
    const operation = metadata.name;
    const known = this.newest.get(operation) ?? 0;
    const fresh = (status?.events ?? []).filter(({ n }) => n > known).map((event) => ({ operation, event }));
    const last = fresh.at(-1);
    if (last === undefined) return fresh;
    this.newest.set(operation, last.event.n);
    this.told.push(...fresh);
    const surplus = this.told.length - KEPT;
    if (surplus > 0) {
      this.told = this.told.slice(surplus);
      this.first += surplus;
    }
    return fresh;
  }

  /** The operation is gone: should another come under its name, its events are new. What was told stays. */
  forget(operation: string): void {
    this.newest.delete(operation);
  }

  /** The newest event; undefined = there is none yet. */
  last(): Place {
    const last = this.told.at(-1);
    return last === undefined ? undefined : { operation: last.operation, n: last.event.n };
  }

  /** Place behind the newest event. */
  end(): number {
    return this.first + this.told.length;
  }

  /** Events from a place on. */
  from(place: number): readonly Told[] {
    return this.told.slice(Math.max(0, place - this.first));
  }

  /** Place right behind an event, over a restart as well; undefined when too much came since, or it was never here. */
  behind(last: Place): number | undefined {
    if (last === undefined) return this.first === 0 ? 0 : undefined;
    const { operation, n } = last;
    const at = this.told.findLastIndex((one) => one.operation === operation && one.event.n <= n);
    if (at !== -1) return this.first + at + 1;
    // The event itself may have been folded away meanwhile; its operation is still known by later ones.
    const next = this.told.findIndex((one) => one.operation === operation);
    return next === -1 ? undefined : this.first + next;
  }
}
