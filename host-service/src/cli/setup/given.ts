import { FILE_BYTES } from '../../contract/api/answer-mistake.ts';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { readStandardInput } from '../../edges/files/standard-input.ts';

/** `name=rest`; without a rest the answer is taken away. @throws Problem request.invalid */
export function pairOf(text: string, form: string): readonly [string, string | null] {
  const equals = text.indexOf('=');
  // What stands there may be a secret that was given in the wrong way: it is not repeated.
  if (equals < 1) throw new Problem('request.invalid', `what was given is not ${form}`);
  const rest = text.slice(equals + 1);
  return [text.slice(0, equals), rest === '' ? null : rest];
}

/**
 * Secrets come from files or from the input, because everybody on a machine can read arguments. The last line break does not count.
 *
 * @throws Problem request.invalid, config.* of files and of the input
 */
export async function secretsOf(given: readonly string[]): Promise<Record<string, string | null>> {
  const pairs = given.map((text) => pairOf(text, 'name=file'));
  if (pairs.filter(([, from]) => from === '-').length > 1)
    throw new Problem('request.invalid', 'only one secret can come from the input');
  const secrets: Record<string, string | null> = {};
  for (const [name, from] of pairs) {
    if (from === null) secrets[name] = null;
    else {
      const text = from === '-' ? await readStandardInput(FILE_BYTES) : readSmallText(from, FILE_BYTES);
      secrets[name] = text.replace(/\r?\n$/, '');
    }
  }
  return secrets;
}
