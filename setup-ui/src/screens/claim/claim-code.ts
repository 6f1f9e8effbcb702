/** Letters of Crockford's alphabet; I and L stand for 1, O for 0 (contract ClaimCode). */
const LETTERS = /[0-9A-HJKMNP-TV-Z]/;
export const CODE_LENGTH = 12;

/** The letters of a code without what people put between them; what cannot be part of a code is left out. */
export function codeLettersOf(typed: string): string {
  const letters = Array.from(typed.toUpperCase(), (letter) =>
    letter === 'O' ? '0' : letter === 'I' || letter === 'L' ? '1' : letter,
  );
  return letters
    .filter((letter) => LETTERS.test(letter))
    .join('')
    .slice(0, CODE_LENGTH);
}

/** As it stands on the console: XXXX-XXXX-XXXX. */
export const formatCode = (typed: string): string => (codeLettersOf(typed).match(/.{1,4}/g) ?? []).join('-');

/** Formats what is typed and says where the caret belongs: behind the same letter as before. */
export function typeCode(typed: string, caret: number): { readonly text: string; readonly caret: number } {
  const text = formatCode(typed);
  const before = codeLettersOf(typed.slice(0, caret)).length;
  // The hyphen comes together with the letter behind it, so that deleting never sticks at it.
  return { text, caret: before === 0 ? 0 : before + Math.floor((before - 1) / 4) };
}

/** Code of `#code=XXXX-XXXX-XXXX`, as the QR code on the console has it. A fragment never leaves the browser. */
export function codeFromFragment(fragment: string): string | undefined {
  const value = new URLSearchParams(fragment.replace(/^#/, '')).get('code');
  if (value === null) return undefined;
  const code = formatCode(value);
  return code === '' ? undefined : code;
}
