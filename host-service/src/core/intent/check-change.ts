import { isSecretType } from '../../contract/api/answer-mistake.ts';
import type { IntentChange } from '../../contract/api/intent.ts';
import { refuse, type ProblemBody } from '../../contract/problem.ts';
import type { Product, SettingDefinition } from '../../contract/product.ts';
import { settingText, type Settings } from '../values/settings.ts';

/** What of a change is held against the product's own words. */
export type Answers = Pick<IntentChange, 'channel' | 'settings' | 'secrets'>;

/** The box as it is, as far as answers depend on it. */
export interface Present {
  readonly settings: Settings;
  /** Something is installed: answers that count only once cannot be changed any more. */
  readonly isInstalled: boolean;
}

/**
 * What stands against answers of a person: an unknown channel, a name that the product does not ask for (B-66), a value that breaks its
 * question, a secret among the settings, an answer that is fixed once something runs. Problem request.invalid that names it; values are
 * never repeated, because they may be passwords.
 */
export function answersProblem(
  product: Product,
  answers: Answers,
  present: Present,
): ProblemBody | undefined {
  const { channel, settings = {}, secrets = {} } = answers;
  const { channels } = product.release;
  if (channel !== undefined && !Object.hasOwn(channels, channel)) {
    const known = Object.keys(channels).join(', ');
    return refuse('request.invalid', `there is no channel ${channel}; there are ${known}`, 'channel').problem;
  }
  const inSettings = Object.entries(settings).map(([name, value]) =>
    settingProblem(product, name, value, present),
  );
  const inSecrets = Object.entries(secrets).map(([name, value]) =>
    secretProblem(product, name, value, present),
  );
  return [...inSettings, ...inSecrets].find((problem) => problem !== undefined);
}

const invalid = (name: string, why: string): ProblemBody =>
  refuse('request.invalid', `setting ${name} ${why}`, name.slice(0, 256)).problem;

const isSecret = ({ type }: SettingDefinition): boolean => isSecretType(type);

/** Answers that may lie in the spec and be read back. */
export function openAnswers(product: Product, settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => {
      const definition = definitionOf(product, name);
      return definition !== undefined && !isSecret(definition);
    }),
  );
}

const definitionOf = ({ settings }: Product, name: string): SettingDefinition | undefined =>
  Object.hasOwn(settings, name) ? settings[name] : undefined;

function settingProblem(
  product: Product,
  name: string,
  value: Settings[string] | null,
  present: Present,
): ProblemBody | undefined {
  const definition = definitionOf(product, name);
  if (definition === undefined) return invalid(name, 'is not known to this product');
  if (isSecret(definition) && value !== null) return invalid(name, 'is secret and belongs among the secrets');
  const before = Object.hasOwn(present.settings, name) ? present.settings[name] : undefined;
  const isSame = (value ?? undefined) === before;
  if (!definition.editable && present.isInstalled && !isSame) return invalid(name, 'is fixed by now');
  return value === null ? undefined : mistakeIn(product, name, value);
}

function secretProblem(
  product: Product,
  name: string,
  value: string,
  present: Present,
): ProblemBody | undefined {
  const definition = definitionOf(product, name);
  if (definition === undefined) return invalid(name, 'is not known to this product');
  if (!isSecret(definition)) return invalid(name, 'is not secret and belongs among the settings');
  if (!definition.editable && present.isInstalled) return invalid(name, 'is fixed by now');
  return mistakeIn(product, name, value);
}

function mistakeIn(product: Product, name: string, value: Settings[string]): ProblemBody | undefined {
  const text = settingText(product, { [name]: value }, name);
  return text.ok ? undefined : { ...text.problem, code: 'request.invalid' };
}
