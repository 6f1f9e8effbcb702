import { Key } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import { DRAFT_SECRET } from '../core/plan/settings-step.ts';
import { refusalPrefix } from '../core/setup/draft.ts';
import type { Cluster } from './ports.ts';
import { changeTexts, ownSecret } from './setup/secret-texts.ts';

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
 * Keeps secret answers of the installer, beside those that are there already. Write-only for people: nothing reads them back but the step
 * that uses them.
 *
 * @throws Problem request.invalid for a name that cannot be one, cluster.*
 */
export async function keepSecretAnswers(
  cluster: Pick<Cluster, 'get' | 'create' | 'replace'>,
  answers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const bad = Object.keys(answers).find((name) => !Key.safeParse(name).success);
  if (bad !== undefined) throw new Problem('request.invalid', `'${bad}' is not the name of an answer`);
  await changeTexts(cluster, ownSecret(DRAFT_SECRET), (texts) => withAnswers(texts, answers), signal);
}
