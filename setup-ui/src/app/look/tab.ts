import { lookOf, type Tone } from '../../parts/basic/state-look.ts';

/** Colours of the dot in the tab's sign; the same on light and dark tab bars. */
const DOTS: Readonly<Record<Tone, string>> = {
  good: '#1a9b57',
  warn: '#e09a1a',
  bad: '#d93a30',
  info: '#3b82d6',
  plain: '#8a93a0',
};

/** Sign of the tab: the initial on the accent, with the state as a dot and as a shape for those who do not see the colour (E-10). */
export function faviconOf(initial: string, accent: string, state: string): string {
  const { tone } = lookOf(state);
  const letter = /^[\p{L}\p{N}]$/u.test(initial) ? initial.toUpperCase() : 'A';
  const mark =
    tone === 'bad'
      ? '<path d="m21 21 6 6m0-6-6 6" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/>'
      : tone === 'warn'
        ? '<path d="M24 20.5v4m0 3v.1" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/>'
        : '';
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${accent}"/>` +
    `<text x="13" y="21" font-family="system-ui,sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="#fff">${letter}</text>` +
    `<circle cx="24" cy="24" r="8" fill="${DOTS[tone]}" stroke="#fff" stroke-width="1.5"/>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Text of the tab: the state first, because the end is cut off. */
export const tabTitleOf = (state: string | undefined, product: string): string =>
  state === undefined ? product : `${state} · ${product}`;
