import { z } from 'zod';
import { ProblemCode } from '../problem.ts';

/** Every answer of 400 and above (design §8). Title and remedy in English for people at a terminal; the page translates by code. */
export const ProblemAnswer = z.object({
  code: ProblemCode,
  title: z.string(),
  remedy: z.string(),
  detail: z.string(),
  requestId: z.string(),
});
export type ProblemAnswer = z.infer<typeof ProblemAnswer>;
