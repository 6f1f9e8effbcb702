import type { Digest } from '../../contract/names.ts';
import type { OperationVerb, PlanStepKind } from '../../contract/operation.ts';
import { lastGoodOf } from '../decide/candidates.ts';
import { fluxWork } from './flux-step.ts';
import type { KnownRelease } from './observed.ts';
import type { PlanInput } from './plan-input.ts';
import { PRUNE_AT, pruneWork } from './prune.ts';
import { codeRefusal } from '../setup/register-step.ts';
import { settingsWork } from './settings-step.ts';
import { pointsAt } from './source-objects.ts';
import type { Plan, Step } from './step.ts';
import { stepsOf, type Work } from './steps.ts';

/**
 * PLAN (design §3): what has to be done so that what ought to run does run. `nothing` when all is as it should be; `blocked` before the first
 * write when something stands against it; else all steps of the operation, those already done marked. Pure, and the same for setup,
 * update, going back and repair: a power cut in between changes nothing about the next plan.
 */
export function makePlan(input: PlanInput): Plan {
  const { decision, observed } = input;
  if (decision.target === undefined) return { kind: 'nothing' };
  const target = observed.releases.get(decision.target);
  if (target === undefined) {
    const detail = `release ${decision.target} is not stored here`;
    return { kind: 'blocked', problem: { code: 'release.incomplete', detail } };
  }
  const verb = verbOf(input, target);
  // Going back has to work while the registry is away and whatever else changed: it needs nothing that is not here already.
  const wayBack = verb === 'revert';
  const flux: ReturnType<typeof fluxWork> = wayBack
    ? { ok: true, value: { adopt: true, done: true } }
    : fluxWork(input, verb !== 'repair');
  if (!flux.ok) return { kind: 'blocked', problem: flux.problem };
  const settings = settingsWork(input, target, wayBack);
  if (!settings.ok) return { kind: 'blocked', problem: settings.problem };
  const refusal = isOpen(input, target.digest) || verb !== 'install' ? undefined : codeRefusal(input);
  if (refusal !== undefined) return { kind: 'blocked', problem: refusal };
  const work = { flux: flux.value, settings: settings.value, prune: pruneWork(input, target.digest) };
  const open = isOpen(input, target.digest);
  if (!open && isSettled(input, target, work)) return { kind: 'nothing' };
  return {
    kind: 'steps',
    verb,
    from: fromOf(input, target, open),
    to: { digest: target.digest, version: target.release.version },
    steps: stepsOf(kindsOf(verb, target, input), input, target, work),
  };
}

const isOpen = ({ open }: PlanInput, target: Digest): boolean => open?.spec.to.digest === target;

/** An operation that is under way keeps its verb, so that its journal stays true after a restart. */
function verbOf(input: PlanInput, target: KnownRelease): Exclude<OperationVerb, 'roll'> {
  const { open, observed, decision } = input;
  if (open !== undefined && isOpen(input, target.digest) && open.spec.verb !== 'roll') return open.spec.verb;
  const pointedAt = observed.source?.release;
  const good = lastGoodOf(observed.releases);
  if (pointedAt === undefined) return 'install';
  if (pointedAt === target.digest) return good === undefined ? 'install' : 'repair';
  if (decision.direction === 'revert') return 'revert';
  return good === undefined ? 'install' : 'update';
}

function kindsOf(
  verb: OperationVerb,
  target: KnownRelease,
  { observed, product }: PlanInput,
): readonly PlanStepKind[] {
  if (verb === 'revert') return ['write-settings', 'revert', 'wait-components', 'confirm', 'prune'];
  const gated = target.release.components.some((component) => component.gate);
  // Where no host program has ever been, the platform fetches what it needs; a repair needs what is here already.
  const pulls = verb !== 'repair' && (observed.hosts ?? []).length > 0;
  // Before anything is changed: a code that is refused must leave the box as it was (B-65).
  const registers = verb === 'install' && product.registration !== undefined;
  // Before gigabytes are fetched: a disk that cannot be written is found in seconds (B-23).
  const stores = verb !== 'repair' && product.storage !== undefined;
  return [
    ...(registers ? (['register'] as const) : []),
    ...(stores ? (['prepare-storage'] as const) : []),
    ...(pulls ? (['pull-images'] as const) : []),
    'install-flux',
    'write-settings',
    'point-source',
    ...(gated ? (['migrate'] as const) : []),
    'wait-components',
    'confirm',
    'prune',
  ];
}

/** Nothing differs from what it should be. Components that are unhealthy now are no reason to plan: Flux and Kubernetes heal, the status says it. */
function isSettled(input: PlanInput, target: KnownRelease, work: Work): boolean {
  return (
    pointsAt(input, target) &&
    work.flux.done &&
    work.settings.done &&
    !wantsConfirm(input, target) &&
    work.prune.releases.length < PRUNE_AT
  );
}

/** Whether the target has still to pass its gate: never confirmed, or failed here and approved for another try under the present intent. */
function wantsConfirm({ observed }: PlanInput, target: KnownRelease): boolean {
  const { status } = target.object;
  const quarantine = status?.quarantine;
  if (quarantine === undefined) return status?.confirmedAt === undefined;
  if (status?.confirmedAt !== undefined && Date.parse(status.confirmedAt) > Date.parse(quarantine.at))
    return false;
  const tried = observed.operations.some(
    ({ spec, status: journal }) =>
      spec.to.digest === target.digest &&
      spec.intentRevision === observed.intentRevision &&
      journal?.outcome === 'failed',
  );
  return observed.spec.intent.approvedRetry === target.digest && !tried;
}

function fromOf(
  { open, observed }: PlanInput,
  target: KnownRelease,
  isContinued: boolean,
): Extract<Plan, { kind: 'steps' }>['from'] {
  if (isContinued) return open?.spec.from;
  const pointedAt = observed.source?.release;
  const known = pointedAt === undefined ? undefined : observed.releases.get(pointedAt);
  if (known === undefined || known.digest === target.digest) return undefined;
  return { digest: known.digest, version: known.release.version };
}

/** The step that is next, or undefined when all are done. */
export function nextStep(plan: Plan): Step | undefined {
  return plan.kind === 'steps' ? plan.steps.find((step) => !step.done) : undefined;
}
