/** Crockford's alphabet: no I, L, O, U, so that nothing is confused when it is read from a screen. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SYMBOLS = 12;
/** Longer texts are not looked at. */
const LONGEST_TEXT = 64;

/** Unpredictable bytes that a code is made of: one a symbol, of which 5 bits are used. */
export const CLAIM_CODE_BYTES = SYMBOLS;

const grouped = (symbols: string): string => symbols.replace(/(.{4})(?=.)/g, '$1-');

/**
 * The claim code of these bytes: 60 bits, written XXXX-XXXX-XXXX (design §8). What is hashed for the verifier is exactly this text.
 *
 * @throws RangeError when there are fewer than CLAIM_CODE_BYTES bytes
 */
export function claimCodeOf(bytes: Uint8Array): string {
  if (bytes.length < SYMBOLS) throw new RangeError(`a claim code needs ${SYMBOLS} bytes`);
  return grouped(Array.from(bytes.subarray(0, SYMBOLS), (byte) => ALPHABET.charAt(byte & 31)).join(''));
}

/**
 * What a person typed, as XXXX-XXXX-XXXX. Case, blanks, hyphens and the dashes that phones make of them do not matter; O is 0, I and L
 * are 1. undefined when it cannot be a code at all.
 */
export function parseClaimCode(text: string): string | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const symbols = text
    .replace(/[\s\-_\u2010-\u2015\u2212]+/g, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return symbols.length === SYMBOLS && Array.from(symbols).every((symbol) => ALPHABET.includes(symbol))
    ? grouped(symbols)
    : undefined;
}
