import type { z } from 'zod';
import { answerMistake, FILE_BYTES, type AnswerRules } from '../../contract/api/answer-mistake.ts';
import type { AnswerMistake } from '../../contract/api/setup.ts';
import type { SettingValue } from '../../contract/appliance.ts';
import { accept, refuse, type ProblemBody, type Verdict } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';

export type Settings = Readonly<Record<string, z.infer<typeof SettingValue>>>;

/**
 * The text of a setting: the answer, else the default, else undefined. An empty answer is no answer.
 * Problem plan.settings-invalid when the answer breaks its definition or the product does not know the setting.
 */
export function settingText(product: Product, settings: Settings, name: string): Verdict<string | undefined> {
  const definition = Object.hasOwn(product.settings, name) ? product.settings[name] : undefined;
  if (definition === undefined) {
    return refuse('plan.settings-invalid', `setting ${name} is not known to this product`, name);
  }
  const answer = Object.hasOwn(settings, name) ? settings[name] : undefined;
  const text = answer === undefined || answer === '' ? definition.default : String(answer);
  if (text === undefined) return accept(undefined);
  const wrong = answerMistake(definition, text);
  return wrong === undefined
    ? accept(text)
    : refuse('plan.settings-invalid', `setting ${name} ${mistakeWords(wrong, definition)}`, name);
}

/** How a mistake is said after the name of the setting. The value itself is not repeated: it may be a password. */
export function mistakeWords(mistake: AnswerMistake, { minLength = 1, maxLength }: AnswerRules): string {
  return {
    missing: 'has no value',
    'too-long': `is longer than ${maxLength} characters`,
    'too-short': `is shorter than ${minLength} characters`,
    characters: 'has control characters',
    'not-an-email': 'is not an e-mail address',
    'not-an-address': 'is not a web address',
    'not-a-choice': 'is not one of the choices',
    'too-large': `is larger than ${FILE_BYTES} bytes`,
    fixed: 'is fixed by now',
    unknown: 'is not known to this product',
  }[mistake];
}

/**
 * What stands against using these settings (B-46): all required ones without answer in one problem, or the first invalid one.
 * `answered` says of settings whose value is kept elsewhere (in a Secret) that there is one.
 */
export function settingsProblem(
  product: Product,
  settings: Settings,
  answered: (name: string) => boolean,
): ProblemBody | undefined {
  const missing: string[] = [];
  for (const [name, definition] of Object.entries(product.settings)) {
    const text = settingText(product, settings, name);
    if (!text.ok) return text.problem;
    if (text.value === undefined && definition.required && !answered(name)) missing.push(name);
  }
  const [first] = missing;
  if (first === undefined) return undefined;
  const words = missing.length === 1 ? `setting ${first} has` : `settings ${missing.join(', ')} have`;
  return refuse('plan.settings-missing', `${words} no value`, first).problem;
}
