import { answerMistake, FILE_BYTES, isSecretType } from '../../contract/api/answer-mistake.ts';
import type { AnswerMistake, SetupQuestion } from '../../contract/api/setup.ts';
import type { Product, SettingDefinition } from '../../contract/product.ts';
import type { Settings } from '../values/settings.ts';
import type { DraftDocument } from './draft.ts';

/** All that is known about answers. */
export interface AnswerFacts {
  readonly product: Product;
  readonly settings: Settings;
  readonly draft: DraftDocument;
  /** Secret answers of the draft; looked at for mistakes, never handed on. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The answer was used and counts once: another one would change nothing. */
  readonly isFixed: (name: string) => boolean;
  /** A Secret of the product has it already. */
  readonly isHeld: (name: string) => boolean;
  /** Whether what was used is this very text. */
  readonly isUsed: (name: string, text: string) => boolean;
  /** It came with the registration. */
  readonly isRegistered: (name: string) => boolean;
  /** The address under which the application would be reached where this page was reached. */
  readonly proposals: readonly string[];
}

const GROUP = 'Settings';

/** The product's questions with what is known of each answer. No secret is among them (S2). */
export const questionsOf = (facts: AnswerFacts): readonly SetupQuestion[] =>
  Object.entries(facts.product.settings).map(([name, definition]) => questionOf(name, definition, facts));

function questionOf(name: string, definition: SettingDefinition, facts: AnswerFacts): SetupQuestion {
  const { type, title, help, required, choices, minLength, maxLength, editable, group = GROUP } = definition;
  const known = isSecretType(type) ? secretAnswer(name, facts) : openAnswer(name, definition, facts);
  const mistake = known.mistake ?? (required && !known.isAnswered ? 'missing' : undefined);
  return {
    ...{ name, type, title, required, editable, group },
    maxLength: type === 'file' ? FILE_BYTES : maxLength,
    ...(help === undefined ? {} : { help }),
    ...(choices === undefined ? {} : { choices }),
    ...(minLength === undefined ? {} : { minLength }),
    ...(known.answer === undefined ? {} : { answer: known.answer }),
    ...{ isAnswered: known.isAnswered, source: known.source },
    ...(mistake === undefined ? {} : { mistake }),
    proposals: type === 'url' ? [...facts.proposals] : [],
  };
}

type Known = Pick<SetupQuestion, 'answer' | 'isAnswered' | 'source'> & {
  readonly mistake?: AnswerMistake | undefined;
};
const NONE: Known = { isAnswered: false, source: 'none' };

function openAnswer(name: string, definition: SettingDefinition, facts: AnswerFacts): Known {
  const { draft, settings } = facts;
  const stored = Object.hasOwn(settings, name) ? settings[name] : undefined;
  const isDrafted = Object.hasOwn(draft.answers, name);
  const answer = isDrafted ? (draft.answers[name] ?? undefined) : stored;
  if (answer === undefined || answer === '') {
    if (definition.default === undefined) return NONE;
    return { answer: definition.default, isAnswered: true, source: 'default' };
  }
  const isChanged = isDrafted && answer !== stored;
  const mistake = isChanged && facts.isFixed(name) ? 'fixed' : answerMistake(definition, String(answer));
  return { answer, isAnswered: true, source: 'person', mistake };
}

function secretAnswer(name: string, facts: AnswerFacts): Known {
  const definition = facts.product.settings[name];
  const text = Object.hasOwn(facts.secrets, name) ? facts.secrets[name] : undefined;
  if (text !== undefined && definition !== undefined) {
    // Right after its use an answer still lies here for a moment: nobody's mistake.
    const isOther = facts.isFixed(name) && !facts.isUsed(name, text);
    const mistake = isOther ? 'fixed' : answerMistake(definition, text);
    return { isAnswered: true, source: 'person', mistake };
  }
  if (facts.isRegistered(name)) return { isAnswered: true, source: 'registration' };
  return facts.isHeld(name) ? { isAnswered: true, source: 'person' } : NONE;
}
