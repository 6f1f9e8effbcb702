import type { SettingDefinition } from '../../contract/product.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import { replaceMarkOf } from '../../core/setup/replace.ts';
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

/** Takes away the marks of answers that were replaced, unless somebody has typed another one meanwhile: then that one is written next. Problems cluster.*. */
export async function forgetReplaced(
  { ports: { cluster }, namespace }: Engine,
  written: Readonly<Record<string, string>>,
  settings: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  if (settings.size === 0) return;
  const change = (texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined => {
    const done = new Set(
      [...settings].filter((name) => texts[name] === written[name]).map((name) => replaceMarkOf(name)),
    );
    const left = Object.entries(texts).filter(([key]) => !done.has(key));
    return left.length === Object.keys(texts).length ? undefined : Object.fromEntries(left);
  };
  await changeTexts(cluster, ownSecret(DRAFT_SECRET, namespace), change, signal);
}
