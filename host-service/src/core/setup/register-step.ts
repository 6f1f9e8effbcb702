import { refuse, type ProblemBody } from '../../contract/problem.ts';
import type { KnownRelease } from '../plan/observed.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { DRAFT_NAME } from '../plan/settings-step.ts';
import type { StepOf } from '../plan/step.ts';
import { OWN_SECRETS_NAME, refusalIn, REGISTERED_KEY, type CodeProblem } from './registered.ts';

const TRIAL = 'No install code was given: a trial begins';

/** The code in the draft was refused; as long as it lies there nobody is asked again. */
function refusedCode({ product, observed }: PlanInput): CodeProblem | undefined {
  const { registration } = product;
  const draft = observed.secretKeys.get(DRAFT_NAME) ?? new Set();
  if (registration === undefined || !draft.has(registration.code) || isRegistered(observed)) return undefined;
  return refusalIn(draft, registration.code);
}

/** What stands against beginning: the person has to correct the code first (B-65). Problem register.code-*. */
export function codeRefusal(input: PlanInput): ProblemBody | undefined {
  const code = refusedCode(input);
  return code === undefined
    ? undefined
    : refuse(code, 'the licence service refused the code that was entered', input.product.registration?.code)
        .problem;
}

const isRegistered = ({ secretKeys }: PlanInput['observed']): boolean =>
  secretKeys.get(OWN_SECRETS_NAME)?.has(REGISTERED_KEY) === true;

/** Redeeming the install code: once for ever, and not at all where none was given. */
export function registerStep(input: PlanInput, target: KnownRelease): StepOf<'register'> {
  const { product, observed, open } = input;
  const head = { kind: 'register', release: target.digest, refused: refusedCode(input) } as const;
  if (isRegistered(observed)) return { ...head, done: true };
  const code = product.registration?.code;
  const isGiven = code !== undefined && observed.secretKeys.get(DRAFT_NAME)?.has(code) === true;
  // A code that comes while a trial is being installed is not redeemed in the middle of it.
  const journal = open?.spec.to.digest === target.digest ? open.status?.steps : undefined;
  const wasSkipped = journal?.some(({ kind, state }) => kind === 'register' && state === 'skipped') === true;
  return isGiven && !wasSkipped ? { ...head, done: false } : { ...head, done: true, skipped: TRIAL };
}
