import type { AnswerMistake, SetupQuestion, SetupView } from 'host-service/contract/api/setup.ts';
import { isSecret, serverValueOf, slotOf, type Slot } from '../model/slots.ts';

export interface QuestionGroup {
  readonly title: string;
  readonly questions: readonly SetupQuestion[];
  /** None of its answers can be changed after the installation: said once for all of them. */
  readonly isFixedLater: boolean;
}

/** The questions in blocks, both in the product's order. */
export function groupsOf({ questions }: SetupView): readonly QuestionGroup[] {
  const titles = [...new Set(questions.map(({ group }) => group))];
  return titles.map((title) => {
    const own = questions.filter(({ group }) => group === title);
    return {
      title,
      questions: own,
      isFixedLater: own.every(({ editable }) => !editable) && !own.every(isSecret),
    };
  });
}

/** What stands in the field of a question: what is typed, else what the server knows. */
export const shownValueOf = (
  view: SetupView,
  question: SetupQuestion,
  typed: ReadonlyMap<Slot, string>,
): string => typed.get(slotOf(question)) ?? serverValueOf(view, slotOf(question));

export interface Mistake {
  readonly name: string;
  readonly title: string;
  readonly mistake: AnswerMistake;
}

/** What keeps the draft from being complete, in the order of the page. The server judges; an answer that is not there yet is only missing. */
export const mistakesOf = ({ questions }: SetupView): readonly Mistake[] =>
  questions.flatMap(({ name, title, mistake, required, isAnswered }) => {
    const found = mistake ?? (required && !isAnswered ? 'missing' : undefined);
    return found === undefined ? [] : [{ name, title, mistake: found }];
  });

/**
 * The mistake that is shown at a field: none while somebody types there, and a missing answer only after somebody wanted to go on, because
 * an empty form is no mistake.
 */
export function shownMistakeOf(
  question: SetupQuestion,
  typed: ReadonlyMap<Slot, string>,
  hasTried: boolean,
): AnswerMistake | undefined {
  if (typed.has(slotOf(question))) return undefined;
  const isMissing = question.required && !question.isAnswered;
  const mistake = question.mistake ?? (isMissing ? 'missing' : undefined);
  return mistake === 'missing' && !hasTried ? undefined : mistake;
}

/** Id of the field of a question, for links to it. */
export const fieldIdOf = (name: string): string => `question-${name}`;
