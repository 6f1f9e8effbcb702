import type { ChecksView } from 'host-service/contract/api/checks.ts';
import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import { isBegun, isSetUp } from './is-set-up.ts';

/** The steps of the setup in their order; each is an address of its own (E-12). */
export const STEPS = ['answers', 'release', 'checks', 'plan', 'install'] as const;
export type SetupStep = (typeof STEPS)[number];

export const pathOf = (step: SetupStep): string => `/setup/${step}`;

/** The step of an address; undefined = no such step. */
export const stepOf = (word: string | undefined): SetupStep | undefined =>
  STEPS.find((step) => step === word);

/** `done`: nothing is left to do there; `attention`: something stands in the way; `open`: it can be gone to; `closed`: its time has not come. */
export type StepState = 'done' | 'attention' | 'open' | 'closed';

export interface TimelineStep {
  readonly step: SetupStep;
  readonly state: StepState;
}

/** What is known of the setup; the checks may not be there yet. */
export interface SetupFacts {
  readonly setup: SetupView;
  readonly status: StatusView;
  readonly checks: ChecksView | undefined;
}

/** Whether the draft was approved, by whatever way: the server says so, or something is already being done. */
export const hasBegun = ({ setup, status }: Pick<SetupFacts, 'setup' | 'status'>): boolean =>
  setup.state !== 'draft' || isBegun(status);

/** Whether the draft can still be changed and approved, also anew after an installation that has stopped. */
export const isOpen = ({ setup, status }: Pick<SetupFacts, 'setup' | 'status'>): boolean => {
  const isUnderWay = status.operation?.outcome === 'running' && status.operation.verb !== 'roll';
  return !isUnderWay && !isSetUp(status) && setup.state !== 'done';
};

/** Whether one of the questions keeps the plan from being made. */
const hasMistakes = ({ questions }: SetupView): boolean =>
  questions.some(({ mistake, required, isAnswered }) => mistake !== undefined || (required && !isAnswered));

function stateOf(step: SetupStep, facts: SetupFacts): StepState {
  const { setup, status, checks } = facts;
  const begun = hasBegun(facts);
  switch (step) {
    case 'answers':
      if (setup.registration.state === 'refused') return 'attention';
      return hasMistakes(setup) ? 'open' : 'done';
    case 'release': {
      const chosen = setup.channels.find(({ isChosen }) => isChosen);
      if (chosen?.problem !== undefined && setup.pin === undefined) return 'attention';
      return chosen?.release === undefined && setup.pin === undefined ? 'open' : 'done';
    }
    case 'checks':
      if (begun) return 'done';
      if (checks === undefined) return 'open';
      return checks.mayInstall ? 'done' : 'attention';
    case 'plan':
      return begun ? 'done' : 'open';
    case 'install':
      if (!begun) return 'closed';
      if (isSetUp(status)) return 'done';
      return status.operation?.outcome === 'failed' ? 'attention' : 'open';
  }
}

/** All steps with what is to be said of each. */
export const timelineOf = (facts: SetupFacts): readonly TimelineStep[] =>
  STEPS.map((step) => ({ step, state: stateOf(step, facts) }));

/** Where somebody goes on who comes without naming a step: the installation once it was begun, else the first step with something to do. */
export function firstStepOf(facts: SetupFacts): SetupStep {
  if (hasBegun(facts)) return 'install';
  const next = timelineOf(facts).find(({ state }) => state === 'open' || state === 'attention');
  return next?.step ?? 'plan';
}
