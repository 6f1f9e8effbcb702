/** Languages people can choose; `qps` is made from English and exists in development and tests only (E-16). */
export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number] | 'qps';
/** Names of the languages in themselves. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', de: 'Deutsch', qps: 'Ƥşēŭḓō' };

const STORED = 'appliance-locale';

/** The language to begin with: chosen before, else the browser's first that we speak, else English. */
export function localeOf(stored: string | null, preferred: readonly string[], hasPseudo: boolean): Locale {
  const known: readonly Locale[] = hasPseudo ? [...LOCALES, 'qps'] : LOCALES;
  const exact = known.find((locale) => locale === stored);
  if (exact !== undefined) return exact;
  for (const tag of preferred) {
    const language = tag.toLowerCase().split('-')[0];
    const found = LOCALES.find((locale) => locale === language);
    if (found !== undefined) return found;
  }
  return 'en';
}

/** Storage may be forbidden (private windows, policies): then nothing is remembered. */
export function storedLocale(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** Remembers the choice, when the browser lets us. */
export function storeLocale(locale: Locale): void {
  try {
    localStorage.setItem(STORED, locale);
  } catch {
    // Not remembered; the page works without.
  }
}
