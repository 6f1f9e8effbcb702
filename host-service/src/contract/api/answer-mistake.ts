import { z } from 'zod';
import type { SettingDefinition } from '../product.ts';
import type { AnswerMistake } from './setup.ts';

/** Longest answer of type `file` in bytes of UTF-8. */
export const FILE_BYTES = 64 * 1024;

/** What of a question an answer is held against. */
export type AnswerRules = Pick<SettingDefinition, 'type' | 'minLength' | 'maxLength' | 'choices'>;

const email = z.email();
/** A text may have tabs and line breaks in it; nothing else that no key makes. */
// eslint-disable-next-line no-control-regex -- refusing control characters is the purpose
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** Answers that nobody reads back: they never lie in a spec and are in no answer of the API. */
export const isSecretType = (type: SettingDefinition['type']): boolean =>
  type === 'password' || type === 'secret' || type === 'file';

/**
 * What is wrong with an answer to a question, the same for page, command line and server. Pure. Whether one is needed at all (`missing`) and
 * whether it may still change (`fixed`) is not known here.
 */
export function answerMistake(rules: AnswerRules, text: string): AnswerMistake | undefined {
  if (rules.type === 'file') {
    if (new TextEncoder().encode(text).length > FILE_BYTES) return 'too-large';
    // Files come from other systems with line ends of two characters.
    return CONTROL.test(text.replaceAll('\r\n', '\n')) ? 'characters' : undefined;
  }
  if (text.length > rules.maxLength) return 'too-long';
  if (rules.minLength !== undefined && text.length < rules.minLength) return 'too-short';
  if (CONTROL.test(text)) return 'characters';
  if (rules.type === 'email') return email.safeParse(text).success ? undefined : 'not-an-email';
  if (rules.type === 'url') return isWebAddress(text) ? undefined : 'not-an-address';
  if (rules.type === 'choice') return rules.choices?.includes(text) === true ? undefined : 'not-a-choice';
  return undefined;
}

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.hostname !== '' && url.username === '' && url.password === '';
}
