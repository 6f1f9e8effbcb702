import { Problem } from '../contract/problem.ts';

/** The revision of the intent in If-Match: `"7"`. @throws Problem request.precondition */
export function revisionOf(ifMatch: string | undefined): number {
  const [, digits] = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch ?? '') ?? [];
  if (digits === undefined)
    throw new Problem('request.precondition', 'If-Match: "<revision of the intent>" is needed');
  return Number(digits);
}
