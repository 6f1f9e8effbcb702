import type { DraftChange, SetupView } from 'host-service/contract/api/setup.ts';
import type { PageProblem } from '../../../api/page-problem.ts';
import { pageProblemOf } from '../../../api/page-problem.ts';
import { changeOf, serverValueOf, type Slot } from './slots.ts';

/** Milliseconds of quiet after a keystroke until it is saved. */
export const QUIET_MS = 700;
/** The same for what is secret: half an install code must not be asked about while somebody looks up the rest. Leaving the field saves at once. */
export const SECRET_QUIET_MS = 10_000;
/** Milliseconds until a draft that could not be sent is sent again. */
export const AGAIN_MS = 2_000;
/** Somebody else may change the draft at the same moment; this often the newest is read and the change sent again. */
const MOST_CONFLICTS = 4;

export interface KeeperPorts {
  /** The draft as it was last read; undefined before. */
  readonly view: () => SetupView | undefined;
  /** Sends a change against a revision. `isLast`: the page goes away, the request has to outlive it. @throws PageProblem */
  readonly send: (change: DraftChange, revision: string, isLast: boolean) => Promise<SetupView>;
  /** Reads the draft again. @throws PageProblem */
  readonly refresh: () => Promise<SetupView>;
  /** Takes a newer draft into the page. */
  readonly took: (view: SetupView) => void;
  /** Calls back later; returns how to stop. */
  readonly delay: (action: () => void, ms: number) => () => void;
}

export type SaveState = 'idle' | 'unsaved' | 'saving' | 'saved' | 'failed';

/** What is shown of the draft beyond what the server knows. */
export interface KeptDraft {
  /** What was typed and is not known to be saved, or is being typed. */
  readonly typed: ReadonlyMap<Slot, string>;
  readonly state: SaveState;
  /** Why it could not be saved. */
  readonly problem: PageProblem | undefined;
  /** Slots that another device changed meanwhile; what was typed here won. */
  readonly overtaken: readonly Slot[];
}

const CONFLICTS: ReadonlySet<string> = new Set(['request.conflict', 'request.precondition']);
/** Nobody did anything wrong and it passes: sent again by itself. */
const PASSING: ReadonlySet<string> = new Set([
  'client.disconnected',
  'cluster.unavailable',
  'cluster.timeout',
  'cluster.overloaded',
]);
const IDLE: KeptDraft = { typed: new Map(), state: 'idle', problem: undefined, overtaken: [] };

/**
 * Keeps what is typed until the server has it: saves after a pause and when a field is left, one request at a time; a conflict reads
 * the draft again and keeps what was typed; a box that does not answer is asked again until it does.
 */
export class DraftKeeper {
  readonly #ports: KeeperPorts;
  readonly #listeners = new Set<() => void>();
  /** Values that the server has not confirmed; null takes an answer away. */
  readonly #pending = new Map<Slot, string | null>();
  /** What the server said when somebody began to type. */
  readonly #before = new Map<Slot, string>();
  #kept: KeptDraft = IDLE;
  #focused: Slot | undefined;
  #cancelTimer: () => void = () => undefined;
  #running: Promise<boolean> | undefined;

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
  }

  readonly get = (): KeptDraft => this.#kept;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** A keystroke. An empty secret is none: what is stored stays. */
  type(slot: Slot, value: string): void {
    this.#focused = slot;
    this.#note(slot);
    const typed = new Map(this.#kept.typed).set(slot, value);
    if (slot.startsWith('secret:') && value === '') this.#pending.delete(slot);
    else this.#pending.set(slot, value === '' ? null : value);
    this.#say({ typed, state: this.#pending.size > 0 ? 'unsaved' : 'idle', problem: undefined });
    this.#plan(slot.startsWith('secret:') ? SECRET_QUIET_MS : QUIET_MS);
  }

  /** A choice by one click, or taking an answer away: saved at once. */
  choose(slot: Slot, value: string | null): void {
    this.#note(slot);
    this.#pending.set(slot, value);
    this.#say({
      typed: new Map(this.#kept.typed).set(slot, value ?? ''),
      state: 'unsaved',
      problem: undefined,
    });
    void this.flush();
  }

  /** The field was left: what stands in it is saved. */
  leave(slot: Slot): void {
    if (this.#focused === slot) this.#focused = undefined;
    if (this.#pending.has(slot)) void this.flush();
    else this.#drop();
  }

  /** Saves what is not saved; true when nothing is left to save. */
  async flush(): Promise<boolean> {
    this.#cancelTimer();
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
    });
    const isSaved = await this.#running;
    // Something may have been typed while the last answer was on its way.
    return isSaved && this.#pending.size > 0 ? this.flush() : isSaved;
  }

  /** The page goes away: what is not saved is sent by a request that outlives it. */
  bye(): void {
    const view = this.#ports.view();
    if (view === undefined || this.#pending.size === 0) return;
    void this.#ports.send(changeOf(this.#pending), view.revision, true).catch(() => undefined);
  }

  /** Forgets what another device has changed. */
  dismiss(): void {
    this.#say({ overtaken: [] });
  }

  #note(slot: Slot): void {
    const view = this.#ports.view();
    if (view !== undefined && !this.#before.has(slot)) this.#before.set(slot, serverValueOf(view, slot));
  }

  #plan(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#ports.delay(() => void this.flush(), ms);
  }

  async #drain(): Promise<boolean> {
    for (let conflicts = 0; this.#pending.size > 0;) {
      const sent = new Map(this.#pending);
      this.#say({ state: 'saving' });
      try {
        const view = this.#ports.view() ?? (await this.#refresh());
        this.#took(await this.#ports.send(changeOf(sent), view.revision, false), sent);
      } catch (error) {
        const problem = pageProblemOf(error);
        conflicts += 1;
        if (!CONFLICTS.has(problem.body.code) || conflicts > MOST_CONFLICTS) return this.#fail(problem);
        try {
          this.#compare(await this.#refresh());
        } catch (again) {
          return this.#fail(pageProblemOf(again));
        }
      }
    }
    return true;
  }

  async #refresh(): Promise<SetupView> {
    const view = await this.#ports.refresh();
    this.#ports.took(view);
    return view;
  }

  #took(view: SetupView, sent: ReadonlyMap<Slot, string | null>): void {
    this.#ports.took(view);
    for (const [slot, value] of sent) if (this.#pending.get(slot) === value) this.#pending.delete(slot);
    this.#say({ state: this.#pending.size === 0 ? 'saved' : 'unsaved', problem: undefined });
    this.#drop();
  }

  /** Who else changed what is being typed here is told; what was typed stays. */
  #compare(view: SetupView): void {
    const changed = [...this.#pending.keys()].filter((slot) => {
      const before = this.#before.get(slot);
      const now = serverValueOf(view, slot);
      return before !== undefined && before !== now && now !== (this.#pending.get(slot) ?? '');
    });
    this.#say({ overtaken: [...new Set([...this.#kept.overtaken, ...changed])] });
  }

  #fail(problem: PageProblem): false {
    this.#say({ state: 'failed', problem });
    if (PASSING.has(problem.body.code)) this.#plan(AGAIN_MS);
    return false;
  }

  /** What is saved and not being typed any more is shown as the server says it. */
  #drop(): void {
    const typed = new Map(this.#kept.typed);
    for (const slot of typed.keys()) {
      if (this.#pending.has(slot) || slot === this.#focused) continue;
      typed.delete(slot);
      this.#before.delete(slot);
    }
    this.#say({ typed });
  }

  #say(change: Partial<KeptDraft>): void {
    this.#kept = { ...this.#kept, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
