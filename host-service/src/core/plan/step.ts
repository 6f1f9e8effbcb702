import type { Digest, Version } from '../../contract/names.ts';
import type { OperationVerb, PlanStepKind } from '../../contract/operation.ts';
import type { CodeProblem } from '../setup/registered.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { SizedImage } from '../images/reference.ts';

/** What can be done. Data only: an executor of the same kind does it (engine/steps). */
export type Step = { [K in PlanStepKind]: StepOf<K> }[PlanStepKind];
export type StepOf<K extends PlanStepKind> = {
  readonly kind: K;
  readonly release: Digest;
  readonly done: boolean;
  /** Done without doing anything, for this reason. */
  readonly skipped?: string | undefined;
} & StepData[K];

interface StepData {
  /** `refused`: what the licence service said to the code that lies in the draft. */
  register: { readonly refused: CodeProblem | undefined };
  'prepare-storage': object;
  /** Images of the release that some host does not have yet. */
  'pull-images': { readonly images: readonly SizedImage[] };
  'install-flux': { readonly adopt: boolean };
  /** Values keys to write: `<component>/<key>` -> YAML text; Secrets whose keys are missing. */
  'write-settings': {
    readonly values: ReadonlyMap<string, string>;
    readonly secrets: readonly string[];
    readonly namespaces: readonly string[];
  };
  'point-source': { readonly url: string; readonly digest: Digest };
  migrate: { readonly components: readonly string[] };
  'wait-components': { readonly outstanding: readonly string[] };
  confirm: object;
  /** Points the source back at an earlier good release. */
  revert: { readonly url: string; readonly digest: Digest; readonly failed: Digest | undefined };
  prune: {
    readonly releases: readonly Digest[];
    readonly values: readonly string[];
    readonly operations: readonly string[];
  };
}

export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'blocked'; readonly problem: ProblemBody }
  | {
      readonly kind: 'steps';
      readonly verb: Exclude<OperationVerb, 'roll'>;
      readonly from: { readonly digest: Digest; readonly version: Version } | undefined;
      readonly to: { readonly digest: Digest; readonly version: Version };
      /** All steps of the operation in order; those already done are marked, the first other one is next. */
      readonly steps: readonly Step[];
    };
