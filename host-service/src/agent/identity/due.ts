import type { ProblemBody } from '../../contract/problem.ts';
import type { IdentityState } from '../ports.ts';

/** Certificates are asked for 30 days. */
export const IDENTITY_SECONDS = 30 * 24 * 3600;
export const IDENTITY_GROUP = 'appliance-agents';
export const userOf = (node: string): string => `appliance-agent:${node}`;

/** Whether it has to be made anew: there is none, it is somebody else's, or a third of its life is over. Pure. */
export function isDue(present: IdentityState | undefined, user: string, now: Date): boolean {
  if (present === undefined || present.user !== user) return true;
  const [from, until] = [present.notBefore.getTime(), present.notAfter.getTime()];
  // Before its beginning: the clock was wrong when it was made, or is now; it is not used up by that.
  return now.getTime() - from >= (until - from) / 3;
}

/** What is to be said about it: nothing as long as renewing has two more thirds of its life. Pure. */
export function identityProblem(present: IdentityState | undefined, now: Date): ProblemBody | undefined {
  if (present === undefined) return { code: 'agent.identity', detail: 'there is none yet' };
  const { notBefore, notAfter } = present;
  const until = notAfter.toISOString();
  if (now >= notAfter) return { code: 'agent.identity', detail: `it ended at ${until}` };
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  if (notAfter.getTime() - now.getTime() > lifeMs / 3) return undefined;
  return { code: 'agent.identity', detail: `it was not renewed in time and ends at ${until}` };
}
