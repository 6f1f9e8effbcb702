import type { SessionView } from 'host-service/contract/api/session.ts';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { accentColoursOf } from './accent.ts';
import { faviconOf, tabTitleOf } from './tab.ts';
import { shadeOf, storedTheme, storeTheme, type Theme } from './theme.ts';

const DARK = '(prefers-color-scheme: dark)';
const onDeviceShade = (listener: () => void): (() => void) => {
  const query = matchMedia(DARK);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
};

/** Light, dark or like the device; set on the root element so that style.css can follow. */
export function useTheme(): readonly [Theme, (theme: Theme) => void, 'light' | 'dark'] {
  const [theme, setTheme] = useState(storedTheme);
  const isDeviceDark = useSyncExternalStore(
    onDeviceShade,
    () => matchMedia(DARK).matches,
    () => false,
  );
  const shade = shadeOf(theme, isDeviceDark);
  useEffect(() => {
    document.documentElement.dataset['theme'] = shade;
  }, [shade]);
  const choose = (next: Theme): void => {
    storeTheme(next);
    setTheme(next);
  };
  return [theme, choose, shade];
}

/** The vendor's accent, made readable, by CSSOM: the policy allows no style attributes in markup (E-22). */
export function useAccent(branding: SessionView['branding'] | undefined, shade: 'light' | 'dark'): void {
  const accent = branding?.accent;
  useEffect(() => {
    const colours = accent === undefined ? undefined : accentColoursOf(accent, shade);
    const { style } = document.documentElement;
    const values = {
      '--c-accent': colours?.accent,
      '--c-accent-strong': colours?.strong,
      '--c-on-accent': colours?.onAccent,
      '--c-accent-text': colours?.text,
      '--c-accent-soft': colours?.soft,
    };
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) style.removeProperty(name);
      else style.setProperty(name, value);
    }
  }, [accent, shade]);
}

/** Title and sign of the tab say how the box is (E-10). */
export function useTab(options: {
  /** Word for the state. */
  readonly word: string | undefined;
  readonly state: string;
  readonly product: string;
  readonly accent: string | undefined;
}): void {
  const { word, state, product, accent } = options;
  useEffect(() => {
    document.title = tabTitleOf(word, product);
  }, [word, product]);
  useEffect(() => {
    let link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link === null) {
      link = document.createElement('link');
      link.rel = 'icon';
      document.head.append(link);
    }
    link.href = faviconOf(product.charAt(0), accent ?? '#1f5fa8', state);
  }, [state, product, accent]);
}
