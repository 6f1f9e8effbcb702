import { renderUnicodeCompact } from 'uqr';

/** What a person in front of the box needs. */
export interface ClaimFacts {
  readonly code: string;
  readonly words: readonly string[] | undefined;
  /** Origins of the page; the first one is drawn. */
  readonly addresses: readonly string[];
}

/** The code goes into the fragment: it never leaves the browser, and the page takes it out of the address at once (B-71). */
const linkOf = (address: string, code: string): string => `${address}/claim#code=${code}`;

/**
 * Code, words and ways to the page as text for a terminal of 80 columns; the code alone where there is nothing else to say, for scripts. QR code
 * of the first address: white on black, as a terminal is, in half blocks.
 */
export function claimCard({ code, words, addresses }: ClaimFacts, isDrawn: boolean): string {
  const [first] = addresses;
  const lines = [
    `code      ${code}`,
    ...(words === undefined ? [] : [`words     ${words.join(' ')}`]),
    ...addresses.map((address, at) => (at === 0 ? 'open' : 'or').padEnd(10) + address),
  ];
  if (lines.length === 1) return code;
  if (words !== undefined)
    lines.push('', 'The page shows the same six words: then it is the page of this box.');
  if (first === undefined || !isDrawn) return lines.join('\n');
  return [...lines, '', renderUnicodeCompact(linkOf(first, code), { border: 2 })].join('\n');
}
