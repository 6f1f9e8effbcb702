import { CONTROL_PLANE_NAMESPACE } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { lastGoodOf } from '../decide/candidates.ts';
import { fieldKeyOf, OWN_SECRETS_NAME } from '../setup/registered.ts';
import { replacedIn } from '../setup/replace.ts';
import { isHeldIn, usesOf } from '../setup/uses.ts';
import { parseValuesName } from '../values/keys.ts';
import { renderValues } from '../values/render.ts';
import { settingsProblem, settingText } from '../values/settings.ts';
import { textHash } from '../values/text-hash.ts';
import type { KnownRelease, Observed } from './observed.ts';
import type { PlanInput } from './plan-input.ts';

/** Secret with answers that must not stand in a spec (passwords); keys are names of settings. */
export const DRAFT_SECRET = 'appliance-draft';
/** How it is named among `Observed.secretKeys`. */
export const DRAFT_NAME = `${CONTROL_PLANE_NAMESPACE}/${DRAFT_SECRET}`;

export interface SettingsWork {
  /** Only what differs from what lies in the cluster. */
  readonly values: ReadonlyMap<string, string>;
  readonly secrets: readonly string[];
  readonly namespaces: readonly string[];
  /** Answers in the draft that have been used and are of no use to anybody any more. */
  readonly spent: readonly string[];
  readonly done: boolean;
}

/**
 * What of namespaces, Secrets and values is missing or differs for a release. The predecessor's values key follows the release that the
 * source points to, so it is left alone while another one runs. `wayBack`: unusable settings do not stop the way back to a release whose
 * values are already there. Problems: plan.settings-missing (B-46), plan.settings-invalid, plan.values-path-missing, apply.namespace-terminating.
 */
export function settingsWork(
  input: PlanInput,
  target: KnownRelease,
  wayBack: boolean,
): Verdict<SettingsWork> {
  const { observed, product } = input;
  const going = product.namespaces.find(({ name }) => observed.namespaces.terminating.has(name));
  if (going !== undefined)
    return refuse('apply.namespace-terminating', `${going.name} is being removed`, going.name);
  const values = wantedValues(input, target);
  if (!values.ok && !(wayBack && hasValues(observed, target))) return values;
  const outstanding = values.ok ? differing(values.value, observed, target) : new Map<string, string>();
  const secrets = [...new Set([...missingSecrets(input), ...replacedSecrets(input)])];
  const namespaces = product.namespaces
    .map(({ name }) => name)
    .filter((name) => !observed.namespaces.present.has(name));
  const spent = spentPasswords(input);
  const done = outstanding.size + secrets.length + namespaces.length + spent.length === 0;
  return accept({ values: outstanding, secrets, namespaces, spent, done });
}

function wantedValues(input: PlanInput, target: KnownRelease): Verdict<ReadonlyMap<string, string>> {
  const { observed, product, profile } = input;
  const { settings } = observed.spec;
  const problem = settingsProblem(product, settings, (name) => answeredElsewhere(input, name));
  if (problem !== undefined) return { ok: false, problem };
  return renderValues({ release: target.release, profile, settings, product });
}

/** A setting that only ever goes into Secrets needs no answer any more once it lies there; or it waits in the draft. */
function answeredElsewhere({ observed, product }: PlanInput, name: string): boolean {
  if (observed.secretKeys.get(DRAFT_NAME)?.has(name) === true) return true;
  return isHeldIn(product, (secret) => observed.secretKeys.get(secret), name);
}

/** Passwords leave the draft as soon as they lie where they are used (S2); after the first installation nothing is planned for it any more. */
function spentPasswords({ observed, product }: PlanInput): readonly string[] {
  const draft = observed.secretKeys.get(DRAFT_NAME);
  if (draft === undefined || lastGoodOf(observed.releases) !== undefined) return [];
  return Object.entries(product.settings)
    .filter(([name, { type }]) => type === 'password' && draft.has(name))
    .map(([name]) => name)
    .filter((name) => isHeldIn(product, (secret) => observed.secretKeys.get(secret), name));
}

function differing(
  wanted: ReadonlyMap<string, string>,
  observed: Observed,
  target: KnownRelease,
): ReadonlyMap<string, string> {
  const pointedAt = observed.source?.release;
  const follows = pointedAt === undefined || pointedAt === target.digest;
  return new Map(
    [...wanted].filter(([name, text]) => {
      if (!follows && parseValuesName(name)?.version === undefined) return false;
      return observed.valuesKeys.get(name) !== textHash(text);
    }),
  );
}

/** Whether some profile's values of this release lie in the cluster for each of its components. */
function hasValues(observed: Observed, target: KnownRelease): boolean {
  const there = new Set(
    [...observed.valuesKeys.keys()]
      .map(parseValuesName)
      .filter((key) => key?.version === target.release.version)
      .map((key) => key?.component),
  );
  return Object.keys(target.release.values).every((component) => there.has(component));
}

/** Secrets with an answer that a person has replaced. */
const replacedSecrets = ({ observed, product }: PlanInput): readonly string[] =>
  replacedIn(product, observed.secretKeys.get(DRAFT_NAME) ?? []).flatMap((setting) =>
    usesOf(product, setting).map(({ secret }) => secret),
  );

function missingSecrets({ observed, product }: PlanInput): readonly string[] {
  return product.secrets
    .filter(({ name, namespace, keys }) => {
      const held = observed.secretKeys.get(`${namespace}/${name}`);
      if (held === undefined) return true;
      return Object.entries(keys).some(([key, definition]) => {
        if (held.has(key)) return false;
        const own = observed.secretKeys.get(OWN_SECRETS_NAME);
        if ('registration' in definition && own?.has(fieldKeyOf(definition.registration)) === true)
          return true;
        if (!('setting' in definition) || definition.setting === undefined)
          return !('registration' in definition);
        const text = settingText(product, observed.spec.settings, definition.setting);
        const draft = observed.secretKeys.get(DRAFT_NAME)?.has(definition.setting) === true;
        return draft || (text.ok && text.value !== undefined);
      });
    })
    .map(({ name, namespace }) => `${namespace}/${name}`);
}
