import type { ProblemBody } from 'host-service/contract/problem.ts';

/** What the steps of the setup are there for and tell in their own words: missing answers, checks, the code. */
export const isToldByStep = ({ code }: Pick<ProblemBody, 'code'>): boolean =>
  code.startsWith('plan.') || code.startsWith('register.');
