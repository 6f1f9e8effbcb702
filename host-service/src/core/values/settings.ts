import type { z } from 'zod';
import { z as zod } from 'zod';
import type { SettingValue } from '../../contract/appliance.ts';
import { accept, refuse, type ProblemBody, type Verdict } from '../../contract/problem.ts';
import type { Product, SettingDefinition } from '../../contract/product.ts';

export type Settings = Readonly<Record<string, z.infer<typeof SettingValue>>>;

const email = zod.email();

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
  const wrong = mistake(definition, text);
  // The value itself is not repeated: it may be a password.
  return wrong === undefined
    ? accept(text)
    : refuse('plan.settings-invalid', `setting ${name} ${wrong}`, name);
}

function mistake(definition: SettingDefinition, text: string): string | undefined {
  if (text.length > definition.maxLength) {
    return `is longer than ${definition.maxLength} characters`;
  }
  // eslint-disable-next-line no-control-regex -- refusing control characters is the purpose
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return 'has control characters';
  switch (definition.type) {
    case 'email':
      return email.safeParse(text).success ? undefined : 'is not an e-mail address';
    case 'url':
      return isWebAddress(text) ? undefined : 'is not a web address';
    case 'choice':
      return definition.choices?.includes(text) === true ? undefined : 'is not one of the choices';
    case 'text':
    case 'password':
    case 'secret':
      return undefined;
  }
}

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.hostname !== '' && url.username === '' && url.password === '';
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
