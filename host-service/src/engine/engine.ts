import type { RegistryOverride } from '../contract/appliance.ts';
import type { ControlPlaneBuild } from '../contract/control-plane.ts';
import type { Digest, Repository, Version } from '../contract/names.ts';
import type { StepKind } from '../contract/operation.ts';
import type { ProblemBody } from '../contract/problem.ts';
import type { Product } from '../contract/product.ts';
import type { Trust } from '../contract/trust.ts';
import type { WayOut } from '../core/network/way-out.ts';
import type { KnownRelease, ReleaseParts } from '../core/plan/observed.ts';
import type { NetworkPorts, OwnReport } from './network/ports.ts';
import type { Licence, Ports, Random, SignIn, SignInTry } from './ports.ts';
import type { DraftedLook } from './setup/drafted-look.ts';
import {
  emptyResolveMemory,
  type Resolution,
  type ResolveInput,
  type ResolveMemory,
} from './resolve-input.ts';

/** How patient the engine is, in milliseconds. Tests shorten it; the product does not set it. */
export interface Patience {
  /** Between looks at the channel, before jitter of ±20 %. */
  readonly pollMs: number;
  /** Between the two equal answers that are needed before acting by itself. */
  readonly confirmMs: number;
  /** Longest time of a step without any progress before it counts as failed (apply.step-timeout). */
  readonly stepMs: Readonly<Record<StepKind, number>>;
  /** How long a running component may fail its probe before that is terminal. */
  readonly probeGraceMs: number;
  /** How long one wait of the trial write may last before it counts as failed, for its own reason. */
  readonly storageMs: number;
  /** How long images that are fetched ahead may stand still before one goes on without them. */
  readonly pullStillMs: number;
  /** First wait before an operation that failed is started again by itself; doubles each time. */
  readonly retryMs: number;
  /** Failed operations towards one release under one intent before the engine gives up. */
  readonly retries: number;
  /** Between looks at a step that waits, when no event comes. */
  readonly waitMs: number;
  /** Least time between two writes of the status. */
  readonly reportMs: number;
  /** The same when nothing is new but how many bytes have come. */
  readonly pullsMs: number;
}

const minutes = (count: number): number => count * 60_000;

export const PATIENCE: Patience = {
  pollMs: minutes(5),
  confirmMs: 1_000,
  stepMs: {
    register: minutes(5),
    'prepare-storage': minutes(10),
    'pull-images': minutes(60),
    'install-flux': minutes(15),
    'write-settings': minutes(5),
    'point-source': minutes(15),
    migrate: minutes(60),
    'wait-components': minutes(30),
    confirm: minutes(5),
    revert: minutes(15),
    prune: minutes(5),
    'roll-control-plane': minutes(10),
  },
  probeGraceMs: 20_000,
  storageMs: minutes(3),
  pullStillMs: minutes(10),
  retryMs: minutes(1),
  retries: 3,
  waitMs: 2_000,
  reportMs: 1_000,
  pullsMs: 2_000,
};

/** Who this control plane is. */
export interface Identity {
  /** Unique for each start of the program; holder of the Lease. */
  readonly name: string;
  readonly version: Version;
  readonly build: string;
}

/** All that a cycle works with. `ports.cluster` is fenced: it writes only while the Lease is held. */
export interface Engine {
  readonly ports: Ports;
  readonly random: Random;
  readonly product: Product;
  /** Absent where the product has no licence service. */
  readonly licence?: Licence | undefined;
  /** Reread when the file changes. */
  readonly trust: () => Trust;
  readonly releaseRepository: Repository;
  /** Overrides of the program's own file; those of `Appliance.spec.registries` come on top. */
  readonly registries: readonly RegistryOverride[];
  /** How other hosts are reached, as the program's own file says. */
  readonly proxy?: WayOut['proxy'];
  /** Absent where nothing is tried by hand. */
  readonly network?: NetworkPorts | undefined;
  readonly architecture: 'amd64' | 'arm64';
  readonly namespace: string;
  readonly identity: Identity;
  readonly patience: Patience;
  /** The release that came with this box, when there is one. */
  readonly baked: ResolveInput['baked'];
  /** Parts of that release: bundles of the predecessor bring none of their own (design §4). */
  readonly bakedParts: ReleaseParts | undefined;
  /** Name of the pod that this program is, in `namespace`; undefined = none: then it never rolls itself. */
  readonly pod?: string | undefined;
  /** When whoever led before this program was last alive; absent = nobody knows. */
  readonly lastAlive?: (() => Date | undefined) | undefined;
  /** Without it nobody signs in to see whether that works. */
  readonly signIn?: SignIn | undefined;
  readonly memory: Memory;
}

/** What may be lost at any moment without harm: caches and waits. Never a fact that a decision needs (style: the world is asked again). */
export interface Memory {
  readonly resolve: ResolveMemory;
  channel: ChannelMemory | undefined;
  /** Parts of config bundles by digest of the bundle; few, because a box knows few releases. */
  readonly parts: Map<Digest, ReleaseParts>;
  /** Parsed documents by Release object, for OBSERVE. */
  readonly parsed: Map<string, KnownRelease>;
  watch: StepWatch | undefined;
  /** Since when the images that are waited for stand still (monotonic milliseconds). */
  pulls: { readonly key: string; readonly picture: string; readonly since: number } | undefined;
  /** Since when the trial write of an operation has waited for the same thing (monotonic milliseconds). */
  storageWait: { readonly key: string; readonly since: number } | undefined;
  /** Monotonic time since which some component's probe has failed without a break. */
  probesFailingSince: number | undefined;
  /** Digest of the Flux manifests that this process has applied; saves repeating them while waiting. */
  fluxApplied: string | undefined;
  /** Problems of requests that could not be served, for people; the newest eight. */
  requestProblems: readonly ProblemBody[];
  /** Monotonic time of the last write of the status. */
  reportedAt: number | undefined;
  /** Name of the operation that this process has started or taken up. */
  operation: string | undefined;
  /** Digest of the last target's config bundle: says which parts OBSERVE looks for. */
  target: Digest | undefined;
  /** When the licence service may be asked again, and what it was waited for. */
  registerWait: RegisterWait | undefined;
  /** The release that the draft of the setup names, as it was looked for last. */
  drafted: DraftedLook | undefined;
  /** The way out as the last cycle has seen it. */
  way: string | undefined;
  /** Copies of Secrets beside the delivery's sources, as they were kept last; never leaves this process. */
  mirrored: { readonly secrets: string; readonly at: number } | undefined;
  /** Addresses that only this program can try, by URL. */
  readonly ownReports: Map<string, OwnReport>;
  /** The last try to sign in as the first administrator. */
  signIn: SignInTry | undefined;
  readonly roll: RollMemory;
  /** Monotonic time of the next cycle that the last one asked for; undefined = when the loop thinks fit. */
  wakeAt: number | undefined;
}

/** What a leader knows about rolling the control plane: can be had again at any time. */
export interface RollMemory {
  own: ControlPlaneBuild | undefined;
  /** A whole cycle has come to its end since the Lease was won. */
  hasCycled: boolean;
  /** The stored form of the objects was looked at and is ours. */
  isStorageRaised: boolean;
  /** When the nodes were counted last (monotonic milliseconds). */
  nodesAt: number | undefined;
  /** The build on its way in, and since when this process has watched it. */
  watched: { readonly digest: Digest; readonly since: Date } | undefined;
  /** Name of the roll that this process has started or taken up. */
  operation: string | undefined;
  /** The image that was looked at last: what it is worth, or when it may be asked for again (monotonic milliseconds). */
  image:
    | {
        readonly digest: Digest;
        readonly problem: ProblemBody | undefined;
        readonly againAt: number | undefined;
      }
    | undefined;
}

export interface RegisterWait {
  /** Monotonic milliseconds. */
  readonly againAt: number;
  readonly waitMs: number;
  readonly now: string;
  readonly problem: ProblemBody;
}

export interface ChannelMemory {
  readonly resolution: Resolution;
  /** What the answer was asked for: another intent asks again at once. */
  readonly key: string;
  /** Monotonic milliseconds. */
  readonly nextAt: number;
}

/** Since when a step has shown the same picture. */
export interface StepWatch {
  /** Operation and step. */
  readonly key: string;
  /** The executor only waited: no need to journal another try. */
  readonly waiting: boolean;
  readonly picture: string;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** Asks for the next cycle after `ms` at the latest. */
export function wakeIn(engine: Engine, ms: number): void {
  const at = engine.ports.clock.monotonic() + ms;
  engine.memory.wakeAt = Math.min(engine.memory.wakeAt ?? at, at);
}

/** A fresh memory: what a control plane knows right after its start. */
export function emptyMemory(): Memory {
  return {
    resolve: emptyResolveMemory(),
    channel: undefined,
    parts: new Map(),
    parsed: new Map(),
    watch: undefined,
    pulls: undefined,
    storageWait: undefined,
    probesFailingSince: undefined,
    fluxApplied: undefined,
    requestProblems: [],
    reportedAt: undefined,
    operation: undefined,
    target: undefined,
    registerWait: undefined,
    signIn: undefined,
    drafted: undefined,
    way: undefined,
    mirrored: undefined,
    ownReports: new Map(),
    wakeAt: undefined,
    roll: {
      own: undefined,
      hasCycled: false,
      isStorageRaised: false,
      nodesAt: undefined,
      watched: undefined,
      operation: undefined,
      image: undefined,
    },
  };
}
