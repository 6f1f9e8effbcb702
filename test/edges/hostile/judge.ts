import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES } from 'host-service/contract/api/routes.ts';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { z } from 'zod';
import type { Answer } from './client.ts';

/** Who asked: what is right for one is a hole for another. */
export type Who = 'nobody' | 'viewer' | 'admin';

/** Members of the JSON that everybody may see, by the table of routes. */
const PUBLIC: readonly ReadonlySet<string>[] = Object.values<Route>(ROUTES)
  .filter(({ access, method }) => access === 'public' && method === 'GET')
  .flatMap(({ answers }) => Object.values(answers))
  .map((answer) => {
    if (!(answer instanceof z.ZodObject)) throw new Error('a public answer that is no object');
    return new Set(Object.keys(answer.shape));
  });
/** Of the session, what only its owner may see. */
const OWN = ['user', 'role', 'expiresAt'];
/** Node's own words before anything of ours is asked: no Host header, and an expectation that nobody meets. */
const BARE = new Set([400, 417]);

function isPublic(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false;
  const keys = Object.keys(json);
  return !keys.some((key) => OWN.includes(key)) && PUBLIC.some((all) => keys.every((key) => all.has(key)));
}

/** What is wrong with an answer of 400 and above. */
function faultOfRefusal({ status, headers, body }: Answer): string | undefined {
  const isBare = BARE.has(status) && body === '' && !headers.has('x-request-id');
  if (isBare) return undefined;
  const parsed = ProblemAnswer.safeParse(jsonOf(body));
  if (!parsed.success) return 'no problem of the table';
  const { code } = parsed.data;
  if (PROBLEMS[code].http !== status) return `${code} does not go with its status`;
  return code === 'internal.bug' ? 'a fault of ours' : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with an answer below 400. */
function faultOfGood({ status, headers, body, isWhole }: Answer, who: Who): string | undefined {
  if (headers.has('set-cookie')) return 'a stranger gets a cookie';
  const type = headers.get('content-type') ?? '';
  // The page's files are the same for everybody.
  if (status === 304 || /^text\/(html|javascript|css)/.test(type)) return undefined;
  if (body === '' && status === 200) return undefined;
  if (who === 'nobody') return status === 200 && isPublic(jsonOf(body)) ? undefined : 'that is not public';
  if (who === 'viewer') return status === 200 ? undefined : 'a viewer has changed something';
  return isWhole || type.startsWith('text/event-stream') ? undefined : 'half of an answer';
}

/** What is wrong with an answer, in words; undefined = nothing. `isHead`: it has no body to look at. */
export function faultOf(answer: Answer, who: Who, isHead: boolean): string | undefined {
  const { status, headers } = answer;
  const isOurs = headers.has('x-request-id');
  if (isOurs && headers.get('x-content-type-options') !== 'nosniff') return 'no nosniff';
  for (const name of ['server', 'x-powered-by']) if (headers.has(name)) return `tells its ${name}`;
  if (status < 400) return faultOfGood(answer, who);
  if (isHead && headers.has('date')) return undefined;
  return faultOfRefusal(answer);
}
