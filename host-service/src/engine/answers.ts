import { Key } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import { DRAFT_SECRET } from '../core/plan/settings-step.ts';
import { refusalPrefix } from '../core/setup/draft.ts';
import type { Cluster } from './ports.ts';
import { withReplaceMarks } from '../core/setup/replace.ts';
import { usesOf } from '../core/setup/uses.ts';
import type { Product } from '../contract/product.ts';
import { changeTexts, ownSecret, readTexts } from './setup/secret-texts.ts';

/** Texts of the draft with other secret answers; `null` takes one away. What was said about an answer before does not hold for another. */
export function withAnswers(
  texts: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const merged = new Map(Object.entries(texts));
  for (const [name, answer] of Object.entries(answers)) {
    if (answer === merged.get(name)) continue;
    for (const key of merged.keys()) if (key.startsWith(refusalPrefix(name))) merged.delete(key);
    if (answer === null) merged.delete(name);
    else merged.set(name, answer);
  }
  return Object.fromEntries(merged);
}

/**
 * Keeps secret answers of a person, beside those that are there already. Write-only for people: nothing reads them back but the step
 * that uses them. An answer that a Secret of `product` has already is marked, so that it is replaced there.
 *
 * @throws Problem request.invalid for a name that cannot be one, cluster.*
 */
export async function keepSecretAnswers(
  cluster: Pick<Cluster, 'get' | 'create' | 'replace'>,
  answers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  product?: Product,
): Promise<void> {
  const names = Object.keys(answers);
  const bad = names.find((name) => !Key.safeParse(name).success);
  if (bad !== undefined) throw new Problem('request.invalid', `'${bad}' is not the name of an answer`);
  const held = product === undefined ? undefined : await heldKeys(cluster, product, names, signal);
  const change = (texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
    const answered = withAnswers(texts, answers);
    if (product === undefined) return answered;
    return withReplaceMarks(product, (secret) => held?.get(secret), answered, names);
  };
  await changeTexts(cluster, ownSecret(DRAFT_SECRET), change, signal);
}

/** Names of the keys of the Secrets that take these answers. */
async function heldKeys(
  cluster: Pick<Cluster, 'get'>,
  product: Product,
  settings: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const places = new Set(settings.flatMap((setting) => usesOf(product, setting).map(({ secret }) => secret)));
  const read = [...places].map(async (secret) => {
    const [namespace = '', name = ''] = secret.split('/');
    const { texts } = await readTexts(cluster, ownSecret(name, namespace), signal);
    return [secret, new Set(Object.keys(texts))] as const;
  });
  return new Map(await Promise.all(read));
}
