import { Problem, safeLine, type ProblemBody } from '../../contract/problem.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import {
  ATTEMPTS_KEY,
  attemptFor,
  codeMarkOf,
  fieldKeyOf,
  isCodeProblem,
  OWN_SECRETS,
  refusalKeyOf,
  REGISTERED_KEY,
  type Registered,
} from '../../core/setup/registered.ts';
import { RegistrationField } from '../../contract/product.ts';
import { wakeIn, type Engine } from '../engine.ts';
import type { LicenceAnswer } from '../../core/setup/licence-answer.ts';
import type { Licence } from '../ports.ts';
import type { Executor, StepResult } from '../steps/executor.ts';
import { changeTexts, ownSecret, readTexts, writeTexts, type SecretTexts } from './secret-texts.ts';

/** Milliseconds before the licence service is asked again: first, and at most. */
const AGAIN = { first: 5_000, longest: 300_000 } as const;
/** Bytes of an idempotency key. */
const KEY_BYTES = 24;

type Refused = Extract<LicenceAnswer, { kind: 'refused' }>;
type Unavailable = Extract<LicenceAnswer, { kind: 'unavailable' }>;
type Registration = Extract<LicenceAnswer, { kind: 'registered' }>;

/**
 * Redeems the install code (B-65, R3): the key of the question is stored before it is asked, the answer before it is used. Whatever is lost in
 * between, the same question with the same key gives the same answer. A refused code ends the operation before anything was changed, and is
 * not asked for again until another one is entered.
 */
export const register: Executor<'register'> = async ({ engine, observed, signal }, { refused }) => {
  const { product, licence, namespace, ports, memory } = engine;
  const { cluster, clock } = ports;
  const { registration } = product;
  if (registration === undefined || licence === undefined)
    throw new Problem('internal.bug', 'a code is to be redeemed and there is no licence service');
  if (refused !== undefined) return failed({ code: refused, detail: 'the licence service refused the code' });
  const wait = memory.registerWait;
  if (wait !== undefined && clock.monotonic() < wait.againAt) return waiting(engine, wait);
  const draftRef = ownSecret(DRAFT_SECRET, namespace);
  const draft = await readTexts(cluster, draftRef, signal);
  const code = draft.texts[registration.code];
  if (code === undefined) return { kind: 'waiting', now: 'Waiting for the install code' };
  const key = await storedKey(engine, code, signal);
  const answer = await ask(
    licence,
    { url: registration.url, code, applianceId: observed.applianceId, key },
    signal,
  );
  if (answer.kind === 'unavailable') return waitFor(engine, answer);
  memory.registerWait = undefined;
  if (answer.kind === 'refused') return refuse(engine, { setting: registration.code, draft, answer }, signal);
  await keep(engine, code, answer, signal);
  return { kind: 'acted', now: 'The install code was redeemed' };
};

/** The question's own key: it lies in the cluster before anybody is asked. */
async function storedKey(
  { ports: { cluster }, random, namespace }: Engine,
  code: string,
  signal: AbortSignal,
): Promise<string> {
  const ref = ownSecret(OWN_SECRETS, namespace);
  const { texts, revision } = await readTexts(cluster, ref, signal);
  const makeKey = (): string =>
    Array.from(random.bytes(KEY_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const { key, store } = attemptFor(texts[ATTEMPTS_KEY], code, makeKey);
  if (store !== undefined)
    await writeTexts(cluster, ref, { ...texts, [ATTEMPTS_KEY]: store }, revision, signal);
  return key;
}

async function ask(
  licence: Licence,
  question: Parameters<Licence['redeem']>[0],
  signal: AbortSignal,
): Promise<LicenceAnswer> {
  const answer = await licence.redeem(question, signal);
  if (answer.kind !== 'refused' || isCodeProblem(answer.problem.code)) return answer;
  throw new Problem('internal.bug', `a code cannot be refused with ${answer.problem.code}`);
}

/** Everything in one write, and never over what is there. */
async function keep(
  { ports: { cluster, clock }, namespace }: Engine,
  code: string,
  { fields, expires }: Registration,
  signal: AbortSignal,
): Promise<void> {
  const about: Registered = {
    ...{ code: codeMarkOf(code), at: clock.now().toISOString() },
    ...(expires === undefined ? {} : { expires }),
  };
  const brought = RegistrationField.options.flatMap((field) => {
    const text = fields[field];
    return text === undefined ? [] : [[fieldKeyOf(field), text] as const];
  });
  await changeTexts(
    cluster,
    ownSecret(OWN_SECRETS, namespace),
    (texts) =>
      texts[REGISTERED_KEY] === undefined
        ? { ...texts, ...Object.fromEntries(brought), [REGISTERED_KEY]: JSON.stringify(about) }
        : undefined,
    signal,
  );
}

/** Marks the code as refused, if it still is the one that was asked about. */
async function refuse(
  { ports: { cluster }, namespace }: Engine,
  {
    setting,
    draft,
    answer,
  }: { readonly setting: string; readonly draft: SecretTexts; readonly answer: Refused },
  signal: AbortSignal,
): Promise<StepResult> {
  const { code, detail } = answer.problem;
  if (!isCodeProblem(code)) throw new Problem('internal.bug', code);
  const texts = { ...draft.texts, [refusalKeyOf(setting, code)]: safeLine(detail) };
  try {
    await writeTexts(cluster, ownSecret(DRAFT_SECRET, namespace), texts, draft.revision, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
    return { kind: 'waiting', now: 'The answers have changed meanwhile' };
  }
  return failed({ code, detail, subject: setting });
}

const failed = (problem: ProblemBody): StepResult => ({ kind: 'failed', problem });

/** Asked again later, with growing waits; nobody has to do anything. */
function waitFor(engine: Engine, { problem, retryAfterMs }: Unavailable): StepResult {
  const { clock } = engine.ports;
  const before = engine.memory.registerWait?.waitMs;
  const grown = before === undefined ? AGAIN.first : Math.min(before * 2, AGAIN.longest);
  const waitMs = Math.max(grown, retryAfterMs ?? 0);
  const next = new Date(clock.now().getTime() + waitMs).toISOString().slice(0, 19);
  const said =
    problem.code === 'register.unreachable' ? 'does not answer' : 'gave an answer that makes no sense';
  const now = `The licence service ${said}; asked again at ${next}Z`;
  const wait = { againAt: clock.monotonic() + waitMs, waitMs: grown, now, problem };
  engine.memory.registerWait = wait;
  return waiting(engine, wait);
}

function waiting(engine: Engine, wait: NonNullable<Engine['memory']['registerWait']>): StepResult {
  wakeIn(engine, Math.max(0, wait.againAt - engine.ports.clock.monotonic()));
  return { kind: 'waiting', now: wait.now, problem: wait.problem, outside: true };
}
