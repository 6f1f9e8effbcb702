/** `auto` follows the device. */
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED = 'appliance-theme';

/** What was chosen before, else what the device says. */
export function themeOf(stored: string | null): Theme {
  return THEMES.find((theme) => theme === stored) ?? 'auto';
}

/** The theme remembered by this browser; storage may be forbidden. */
export function storedTheme(): Theme {
  try {
    return themeOf(localStorage.getItem(STORED));
  } catch {
    return 'auto';
  }
}

/** Remembers the choice, when the browser lets us. */
export function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // Not remembered; the page works without.
  }
}

/** Light or dark, now. */
export function shadeOf(theme: Theme, isDeviceDark: boolean): 'light' | 'dark' {
  if (theme !== 'auto') return theme;
  return isDeviceDark ? 'dark' : 'light';
}
