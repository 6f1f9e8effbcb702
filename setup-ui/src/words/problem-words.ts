import { PROBLEMS, type NextActor, type ProblemCode } from 'host-service/contract/problem.ts';
import { useWords } from './words.tsx';

export interface ProblemWords {
  readonly title: string;
  readonly remedy: string;
  /** Who acts next, as a sentence. */
  readonly next: string;
  readonly actor: NextActor;
}

/** A problem in the words of this page: German from the catalogue, English from the table itself. */
export function useProblemWords(): (code: ProblemCode) => ProblemWords {
  const { find, t } = useWords();
  return (code) => {
    const spec = PROBLEMS[code];
    return {
      title: find(`problems.${code}.title`) ?? spec.title,
      remedy: find(`problems.${code}.remedy`) ?? spec.remedy,
      next: t(`parts.next.${spec.next}`),
      actor: spec.next,
    };
  };
}
