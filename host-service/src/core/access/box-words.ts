import { createHash } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const WORDS = 6;
const BITS_EACH = 11;

/**
 * Six words of a list that was made for being read out and compared (BIP-39, English, 2048 words): 66 bits of SHA-256 over what stays with the
 * box for its life. The same on its console and on its page. They name the box and prove nothing about the connection: whoever can ask the box
 * can say them as well (docs/threat-model.md).
 */
export function boxWordsOf(identity: string): readonly string[] {
  const digest = createHash('sha256').update(`appliance box words 1\n${identity}`, 'utf8').digest();
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: WORDS }, (_, at) => {
    const index = Number.parseInt(bits.slice(at * BITS_EACH, (at + 1) * BITS_EACH), 2);
    return wordlist[index] ?? '';
  });
}
