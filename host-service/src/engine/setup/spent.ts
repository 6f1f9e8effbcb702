import type { SettingDefinition } from '../../contract/product.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import { OWN_SECRETS, registeredIn } from '../../core/setup/registered.ts';
import { isHeldIn } from '../../core/setup/uses.ts';
import { withAnswers } from '../answers.ts';
import type { Engine } from '../engine.ts';
import { changeTexts, ownSecret, readTexts, textsOf } from './secret-texts.ts';

/**
 * Takes secret answers of these types out of the draft that lie where they are used, and an install code that was redeemed (S2): nothing needs
 * them twice. Problems cluster.*.
 */
export async function forgetSpent(
  { ports: { cluster }, product, namespace }: Engine,
  types: readonly SettingDefinition['type'][],
  signal: AbortSignal,
): Promise<void> {
  const ref = ownSecret(DRAFT_SECRET, namespace);
  const draft = await readTexts(cluster, ref, signal);
  const names = Object.keys(draft.texts).filter((name) => {
    const type = Object.hasOwn(product.settings, name) ? product.settings[name]?.type : undefined;
    return type !== undefined && types.includes(type);
  });
  if (names.length === 0) return;
  const held = new Map<string, ReadonlySet<string>>();
  for (const one of product.secrets) {
    const found = await cluster.get(ownSecret(one.name, one.namespace), signal);
    held.set(`${one.namespace}/${one.name}`, new Set(Object.keys(textsOf(found))));
  }
  const own = await readTexts(cluster, ownSecret(OWN_SECRETS, namespace), signal);
  const isRegistered = registeredIn(own.texts) !== undefined;
  const spent = names.filter(
    (name) =>
      isHeldIn(product, (secret) => held.get(secret), name) ||
      (isRegistered && name === product.registration?.code),
  );
  if (spent.length === 0) return;
  const gone = Object.fromEntries(spent.map((name) => [name, null]));
  await changeTexts(cluster, ref, (texts) => withAnswers(texts, gone), signal);
}
