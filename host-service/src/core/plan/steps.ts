import type { PlanStepKind } from '../../contract/operation.ts';
import { judgePulls } from '../images/hosts.ts';
import { imagesOf } from '../images/wanted.ts';
import type { FluxWork } from './flux-step.ts';
import type { KnownRelease } from './observed.ts';
import type { PlanInput } from './plan-input.ts';
import { isEmpty, type PruneWork } from './prune.ts';
import type { SettingsWork } from './settings-step.ts';
import { registerStep } from '../setup/register-step.ts';
import { isApplied, pointsAt, sourceUrl } from './source-objects.ts';
import type { Step, StepOf } from './step.ts';

/** What the parts of the plan found. */
export interface Work {
  readonly flux: FluxWork;
  readonly settings: SettingsWork;
  readonly prune: PruneWork;
}

type Make = { readonly [K in PlanStepKind]: (place: Place) => StepOf<K> };
interface Place {
  readonly input: PlanInput;
  readonly target: KnownRelease;
  readonly work: Work;
}

/** The steps of these kinds, in this order, with what is outstanding in each. */
export function stepsOf(
  kinds: readonly PlanStepKind[],
  input: PlanInput,
  target: KnownRelease,
  work: Work,
): readonly Step[] {
  return kinds.map((kind) => MAKE[kind]({ input, target, work }));
}

const MAKE: Make = {
  register: ({ input, target }) => registerStep(input, target),
  'prepare-storage': ({ input, target }) => ({
    kind: 'prepare-storage',
    release: target.digest,
    // Looked at once per operation; once the source points there, the data is in use.
    done: pointsAt(input, target) || isJournalled(input.open, target, 'prepare-storage'),
  }),
  'pull-images': ({ input, target }) => {
    const images = imagesOf(target);
    const { observed, open, now } = input;
    const verdict = judgePulls(observed.hosts ?? [], images, now);
    const isHere = verdict.kind === 'ready' && verdict.leftOut.length === 0;
    // Once the source points there, or the operation has said so, nothing is gained by waiting.
    const isUnderWay = open?.spec.to.digest === target.digest;
    const done =
      (isHere && !isUnderWay) || pointsAt(input, target) || isJournalled(open, target, 'pull-images');
    return { kind: 'pull-images', release: target.digest, images, done };
  },
  'install-flux': ({ target, work }) => ({ kind: 'install-flux', release: target.digest, ...work.flux }),
  'write-settings': ({ target, work }) => ({
    kind: 'write-settings',
    release: target.digest,
    ...work.settings,
  }),
  'point-source': (place) => ({ kind: 'point-source', ...pointing(place) }),
  revert: (place) => {
    const { observed, open } = place.input;
    const failed = open?.spec.from?.digest ?? observed.source?.release;
    return {
      kind: 'revert',
      ...pointing(place),
      failed: failed === place.target.digest ? undefined : failed,
    };
  },
  migrate: ({ input, target }) => {
    const gates = target.release.components.filter((component) => component.gate).map(({ name }) => name);
    const components = outstanding(input, target).filter((name) => gates.includes(name));
    return { kind: 'migrate', release: target.digest, components, done: components.length === 0 };
  },
  'wait-components': ({ input, target }) => {
    const missing = outstanding(input, target);
    const done = missing.length === 0 && isApplied(input, target);
    return { kind: 'wait-components', release: target.digest, outstanding: missing, done };
  },
  confirm: ({ input, target }) => ({
    kind: 'confirm',
    release: target.digest,
    done: isConfirmed(input, target),
  }),
  prune: ({ input, target, work }) => {
    // Once per operation: what somebody else also holds on to must not keep an operation from ending.
    const tidied = isJournalled(input.open, target, 'prune');
    return { kind: 'prune', release: target.digest, ...work.prune, done: tidied || isEmpty(work.prune) };
  },
};

/** Whether the operation under way says that it has done this. */
function isJournalled(open: PlanInput['open'], target: KnownRelease, step: PlanStepKind): boolean {
  const journal = open?.spec.to.digest === target.digest ? open.status?.steps : undefined;
  return journal?.some(({ kind, state }) => kind === step && state === 'done') === true;
}

function pointing({ input, target }: Place): Omit<StepOf<'point-source'>, 'kind'> {
  return {
    release: target.digest,
    url: sourceUrl(target, input.registryOf),
    digest: target.release.config.digest,
    done: pointsAt(input, target),
  };
}

/** Expected components that are not ready; all of them while the source points elsewhere, because what is seen is then of another release. */
function outstanding({ observed }: PlanInput, target: KnownRelease): readonly string[] {
  const expected = target.release.components;
  if (observed.source?.release !== target.digest) return expected.map(({ name }) => name);
  const ready = new Set(
    observed.components
      .filter(({ state }) => state === 'ready')
      .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
  );
  return expected
    .filter(({ kind, namespace, name }) => !ready.has(`${kind} ${namespace}/${name}`))
    .map(({ name }) => name);
}

/**
 * Confirmed by this operation, or earlier when the operation only repairs what was confirmed. A later failure outweighs a confirmation.
 */
function isConfirmed({ observed, open, decision }: PlanInput, target: KnownRelease): boolean {
  const { confirmedAt, quarantine } = target.object.status ?? {};
  if (confirmedAt === undefined || decision.target !== target.digest) return false;
  const at = Date.parse(confirmedAt);
  if (quarantine !== undefined && Date.parse(quarantine.at) >= at) return false;
  if (open?.spec.to.digest !== target.digest) return observed.source?.release === target.digest;
  return open.spec.verb === 'repair' || at >= Date.parse(open.status?.startedAt ?? '');
}
