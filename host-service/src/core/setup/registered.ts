import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Registration } from '../../contract/api/setup.ts';
import { CONTROL_PLANE_NAMESPACE, Line, Timestamp } from '../../contract/names.ts';
import { RegistrationField } from '../../contract/product.ts';
import { refusalPrefix } from './draft.ts';

/** Secret with what was made or given once and must never be lost: idempotency keys, and the registration (design §5). */
export const OWN_SECRETS = 'appliance-secrets';
/** How it is named among `Observed.secretKeys`. */
export const OWN_SECRETS_NAME = `${CONTROL_PLANE_NAMESPACE}/${OWN_SECRETS}`;

/** Key with the idempotency keys by install code: stored before anybody is asked (R3). */
export const ATTEMPTS_KEY = 'registration-attempts.json';
/** Key that says that a code was redeemed; its fields lie beside it. Written in one piece. */
export const REGISTERED_KEY = 'registration.json';
/** Key of one field of the result. */
export const fieldKeyOf = (field: RegistrationField): string => `registration.${field}`;

/** Remembered keys: so many codes may be tried before the oldest key is forgotten. */
const REMEMBERED = 16;

const Attempts = z.array(z.object({ code: z.string(), key: z.string() })).max(64);
type Attempts = z.infer<typeof Attempts>;
/** About the result, for people and for another look at the same code. */
export const Registered = z.object({
  /** sha256 of the code. */
  code: z.string(),
  at: Timestamp,
  expires: z.union([Timestamp, z.literal('perpetual')]).optional(),
});
export type Registered = z.infer<typeof Registered>;

/** What is remembered of a code: enough to know it again, never the code itself. */
export const codeMarkOf = (code: string): string => createHash('sha256').update(code, 'utf8').digest('hex');

/** The key for a code: the one that was stored for it before, else a new one, and the text to store then. */
export function attemptFor(
  text: string | undefined,
  code: string,
  makeKey: () => string,
): { readonly key: string; readonly store: string | undefined } {
  const attempts = parse(Attempts, text) ?? [];
  const mark = codeMarkOf(code);
  const found = attempts.find((one) => one.code === mark);
  if (found !== undefined) return { key: found.key, store: undefined };
  const key = makeKey();
  const kept: Attempts = [...attempts, { code: mark, key }].slice(-REMEMBERED);
  return { key, store: JSON.stringify(kept) };
}

/** The registration as the texts of Secret `appliance-secrets` have it. */
export const registeredIn = (texts: Readonly<Record<string, string>>): Registered | undefined =>
  parse(Registered, texts[REGISTERED_KEY]);

/** The fields that the registration brought. */
export const fieldsIn = (
  texts: Readonly<Record<string, string>>,
): Readonly<Partial<Record<RegistrationField, string>>> =>
  Object.fromEntries(
    RegistrationField.options.flatMap((field) => {
      const text = texts[fieldKeyOf(field)];
      return text === undefined ? [] : [[field, text]];
    }),
  );

/** Refusals that a person can mend by another code. */
export const CODE_PROBLEMS = [
  'register.code-invalid',
  'register.code-expired',
  'register.code-used',
] as const;
export type CodeProblem = (typeof CODE_PROBLEMS)[number];
export const isCodeProblem = (code: string): code is CodeProblem => CODE_PROBLEMS.some((one) => one === code);

/** Key in the draft that says why a code was refused; by its name alone PLAN knows. */
export const refusalKeyOf = (setting: string, problem: CodeProblem): string =>
  `${refusalPrefix(setting)}${problem.slice('register.'.length)}`;

/** The refusal of the answer that lies in the draft. */
export function refusalIn(keys: Iterable<string>, setting: string): CodeProblem | undefined {
  const prefix = refusalPrefix(setting);
  const name = [...keys].find((key) => key.startsWith(prefix));
  const problem = name === undefined ? undefined : `register.${name.slice(prefix.length)}`;
  return problem !== undefined && isCodeProblem(problem) ? problem : undefined;
}

/** What the page shows of the registration. `isAsking`: the engine is at it now. */
export function registrationOf(input: {
  readonly own: Readonly<Record<string, string>>;
  readonly refusal: { readonly code: CodeProblem; readonly detail: string } | undefined;
  /** The code that lies in the draft; not handed on. */
  readonly code: string | undefined;
  readonly isAsking: boolean;
}): Registration {
  const { own, refusal, code, isAsking } = input;
  const done = registeredIn(own);
  if (done !== undefined) {
    const { edition, company } = fieldsIn(own);
    return {
      ...{ state: 'done', at: done.at },
      ...(edition === undefined ? {} : { edition }),
      ...(company === undefined ? {} : { company: Line.safeParse(company).data }),
      ...(done.expires === undefined ? {} : { expires: done.expires }),
    };
  }
  if (refusal !== undefined) return { state: 'refused', problem: { ...refusal } };
  if (isAsking) return { state: 'asking' };
  const mark = code === undefined ? undefined : codeMarkOf(code);
  const wasAsked = (parse(Attempts, own[ATTEMPTS_KEY]) ?? []).some((one) => one.code === mark);
  return { state: wasAsked ? 'unsure' : 'none' };
}

function parse<S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
