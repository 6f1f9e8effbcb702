import type { CheckResult } from 'host-service/contract/checks.ts';
import type { Words } from '../../words/words.tsx';

export interface CheckWords {
  /** What is checked, with what of many in brackets. */
  readonly title: string;
  /** Why it matters, one sentence. */
  readonly why: string | undefined;
}

/** The words of a check in the language of the page; undefined for one that a newer box knows and this page does not. */
export function checkWordsOf(
  { find }: Pick<Words, 'find'>,
  check: Pick<CheckResult, 'id' | 'subject'>,
): CheckWords | undefined {
  const { id, subject } = check;
  const title = find(`checks.${id}.title`);
  if (title === undefined) return undefined;
  return { title: subject === undefined ? title : `${title} (${subject})`, why: find(`checks.${id}.why`) };
}
