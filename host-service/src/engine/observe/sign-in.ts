import type { ProbeFact } from '../../core/status/component/facts.ts';
import type { Engine } from '../engine.ts';
import { ownSecret, textsOf } from '../setup/secret-texts.ts';

/** Milliseconds before a sign-in that has failed is tried again: applications lock out who tries too often. */
const AGAIN_MS = 10_000;

/** Signs in at an address where something answers already. */
export type FirstSignIn = (
  address: { readonly ip: string; readonly port: number },
  signal: AbortSignal,
) => Promise<ProbeFact>;

/**
 * The first administrator's sign-in with what was typed, as the product describes it; undefined where it describes none. Done once at each
 * address: who can sign in there is not asked again (B-07). Its function throws Problem cluster.*.
 */
export function firstSignIn(engine: Engine): FirstSignIn | undefined {
  const { signIn, product, memory, ports } = engine;
  const form = product.signIn;
  if (signIn === undefined || form === undefined) return undefined;
  return async ({ ip, port }, signal) => {
    const of = `${ip} ${port}`;
    const { signIn: last } = memory;
    const now = ports.clock.monotonic();
    if (last?.of === of && (last.said.ok || now - last.at < AGAIN_MS)) return last.said;
    const secret = await ports.cluster.get(ownSecret(form.secret.name, form.secret.namespace), signal);
    const texts = textsOf(secret);
    const values = Object.entries(form.fields).flatMap(([field, key]) => {
      const text = texts[key];
      return text === undefined ? [] : [[field, text] as const];
    });
    // Nothing was typed on this box: somebody else has set it up.
    if (values.length < Object.keys(form.fields).length) return { ok: true, detail: 'answers' };
    const said = await signIn.try({ ip, port }, form, Object.fromEntries(values), signal);
    memory.signIn = { of, said, at: now };
    return said;
  };
}
