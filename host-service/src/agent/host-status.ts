import type { HostFacts } from '../contract/host/facts.ts';
import { HostSpec, type HostStatus, type PulledImage } from '../contract/objects.ts';
import { Line, type Version } from '../contract/names.ts';
import { safeLine, type ProblemBody } from '../contract/problem.ts';
import { networkRefusals } from '../core/network/host-wish.ts';
import { parseReference } from '../core/images/reference.ts';
import type { GuardReport } from '../engine/guard/ports.ts';
import type { Measured } from './facts/sight.ts';
import type { MachineFacts } from './ports.ts';

/** All that a report of this host is made of. */
export interface HostKnowledge {
  readonly version: Version;
  readonly facts: MachineFacts;
  readonly guard: GuardReport | undefined;
  /** Takes up what is asked for; answers how far the images are. */
  readonly pulled: (spec: HostSpec) => readonly PulledImage[];
  /** Takes up what is to be measured; answers what was. */
  readonly sight?: (spec: HostSpec) => Measured | undefined;
  readonly problems: readonly ProblemBody[];
  readonly now: Date;
}

/** Members of `Host.spec` that this program understands. */
const KNOWN: ReadonlySet<string> = new Set(Object.keys(HostSpec.shape));
const CAP = 50;

/**
 * What this program says about wishes that it does not carry out: an engine that is newer than its host sees it instead of waiting (B-55). The time
 * is that of the first refusal.
 */
export function rejectedOf(spec: unknown, before: HostStatus['rejected'], now: Date): HostStatus['rejected'] {
  const wishes = typeof spec === 'object' && spec !== null ? spec : {};
  const parsed = HostSpec.safeParse(wishes).data;
  const images = parsed?.images ?? [];
  const unknown = Object.keys(wishes).filter((key) => !KNOWN.has(key));
  const refusals = [
    ...images
      .filter((image) => parseReference(image) === undefined)
      .map((image) => ({ what: `images: ${image}`, code: 'no-image' })),
    ...unknown.map((key) => ({ what: key, code: 'not-known' })),
    ...networkRefusals(parsed).map((what) => ({ what, code: 'not-supported' })),
  ];
  return refusals.slice(0, CAP).map(({ what, code }) => {
    const line = Line.safeParse(what).data ?? safeLine(what);
    const known = before.find((one) => one.what === line && one.code === code);
    return { what: line, code, at: known?.at ?? now.toISOString() };
  });
}

/** The report of this host: what others wrote into it beside us is not kept, because nobody else writes it. Pure. */
export function hostStatusOf(
  known: HostKnowledge,
  spec: unknown,
  generation: number | undefined,
  before: HostStatus | undefined,
): HostStatus {
  const { facts, guard, now, problems } = known;
  const last = guard?.last ?? before?.guard?.last;
  const wishes = HostSpec.safeParse(spec).data ?? { images: [] };
  const { facts: measuredFacts = {}, ...measured } = known.sight?.(wishes) ?? {};
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    version: known.version,
    ...(facts.architecture === undefined ? {} : { architecture: facts.architecture }),
    facts: { ...facts.values, ...flatOf(measuredFacts) },
    ...measured,
    pulled: [...known.pulled(wishes)],
    problems: problems.slice(0, CAP),
    ...(guard === undefined
      ? {}
      : {
          guard: {
            ...{ state: guard.state, detail: guard.detail, at: guard.at.toISOString() },
            ...(last === undefined ? {} : { last }),
          },
        }),
    rejected: rejectedOf(spec, before?.rejected ?? [], now),
  };
}

/** What was not measured is left out. */
const flatOf = (facts: HostFacts): HostStatus['facts'] =>
  Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );

/** Facts that change all the time: alone they are no reason to write. */
const RESTLESS: ReadonlySet<string> = new Set([
  'uptimeSeconds',
  'memoryAvailableMiB',
  'load1',
  'eventLoopLateMs',
]);
const isRestless = (name: string): boolean => RESTLESS.has(name) || /^disk.*FreeMiB$/.test(name);

/** What two reports are compared by. */
export function essenceOf(status: HostStatus | undefined): string {
  if (status === undefined) return '';
  const facts = Object.entries(status.facts).filter(([name]) => !isRestless(name));
  const guard = status.guard === undefined ? undefined : { ...status.guard, at: undefined };
  return JSON.stringify({ ...status, facts: Object.fromEntries(facts.toSorted()), guard });
}
