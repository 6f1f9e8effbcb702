import type { z } from 'zod';
import { accept, refuse, type ProblemCode, type Verdict } from '../../../contract/problem.ts';

/** The first mistakes in words: `path: message`. */
export function issuesInWords(error: z.ZodError): string {
  const words = error.issues.slice(0, 3).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const more = error.issues.length - words.length;
  return words.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Checks a value against a schema; mistakes become one problem with the given code. */
export function checkSchema<T extends z.ZodType>(
  schema: T,
  value: unknown,
  code: ProblemCode,
  what: string,
): Verdict<z.infer<T>> {
  const result = schema.safeParse(value);
  return result.success ? accept(result.data) : refuse(code, `${what}: ${issuesInWords(result.error)}`);
}
