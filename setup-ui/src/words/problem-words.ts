import type { NextActor, ProblemCode } from 'host-service/contract/problem.ts';
import { useWords } from './words.tsx';

export interface ProblemWords {
  readonly title: string;
  readonly remedy: string;
  /** Who acts next, as a sentence. */
  readonly next: string;
  readonly actor: NextActor;
}

const ACTORS: ReadonlySet<string> = new Set<NextActor>([
  'appliance',
  'cluster',
  'operator',
  'support',
  'vendor',
]);
const isActor = (text: string | undefined): text is NextActor => text !== undefined && ACTORS.has(text);

/**
 * A problem in the words of this page: German from its catalogue, English from the contract's table, put into the catalogue while building.
 * Until the words are here the code stands for them.
 */
export function useProblemWords(): (code: ProblemCode) => ProblemWords {
  const { find, t, actorOf, isWhole } = useWords();
  return (code) => {
    const known = actorOf(code);
    const actor = isActor(known) ? known : 'appliance';
    return {
      title: find(`problems.${code}.title`) ?? code,
      remedy: find(`problems.${code}.remedy`) ?? '',
      next: isWhole ? t(`parts.next.${actor}`) : '',
      actor,
    };
  };
}
