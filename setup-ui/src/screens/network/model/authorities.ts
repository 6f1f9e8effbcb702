import type { NetworkView } from 'host-service/contract/network/view.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each as one block without blanks around its lines; what stands between them is left out. */
export const blocksIn = (text: string): readonly string[] =>
  (text.match(BLOCK) ?? []).map((block) =>
    block
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join('\n'),
  );

/** Whether single authorities can be told apart in what is stored: the box lists them in the order of the text. */
export const isListed = ({ settings, authorities }: NetworkView): boolean =>
  blocksIn(settings.ca ?? '').length === authorities.length;

/** The stored certificates without those that are to be removed. Where they cannot be told apart, all go or all stay. */
export function keptBlocks(view: NetworkView, removed: readonly string[]): readonly string[] {
  const blocks = blocksIn(view.settings.ca ?? '');
  if (!isListed(view)) return removed.length > 0 ? [] : blocks;
  return blocks.filter((_, index) => !removed.includes(view.authorities[index]?.fingerprint ?? ''));
}
