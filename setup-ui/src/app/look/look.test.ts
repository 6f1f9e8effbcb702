import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accentColoursOf, contrastOf } from './accent.ts';
import { faviconOf, tabTitleOf } from './tab.ts';
import { shadeOf, themeOf } from './theme.ts';

const GROUNDS = {
  light: ['#ffffff', '#f5f6f8', '#eceef2'],
  dark: ['#0f1216', '#171b21', '#222831'],
} as const;

describe('the accent of a vendor', () => {
  it('can be read in both themes, whatever colour it is', () => {
    const colour = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`);
    fc.assert(
      fc.property(colour, fc.constantFrom('light' as const, 'dark' as const), (accent, shade) => {
        const colours = accentColoursOf(accent, shade);
        expect(colours).toBeDefined();
        if (colours === undefined) return;
        expect(contrastOf(colours.accent, colours.onAccent)).toBeGreaterThanOrEqual(4.5);
        expect(contrastOf(colours.strong, colours.onAccent)).toBeGreaterThanOrEqual(4.5);
        for (const ground of GROUNDS[shade])
          expect(contrastOf(colours.text, ground)).toBeGreaterThanOrEqual(4.5);
        expect(contrastOf(colours.accent, GROUNDS[shade][0])).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 2_000 },
    );
  });

  it('stays as it is where it can be read already', () => {
    expect(accentColoursOf('#7c3aed', 'light')).toMatchObject({ accent: '#7c3aed', onAccent: '#ffffff' });
  });

  it('is left out when it is no colour', () => {
    expect(accentColoursOf('red; background: url(x)', 'light')).toBeUndefined();
  });
});

describe('the tab', () => {
  it('says the state first and the product after it (E-10)', () => {
    expect(tabTitleOf('Updating', 'AlgaPSA')).toBe('Updating · AlgaPSA');
    expect(tabTitleOf(undefined, 'AlgaPSA')).toBe('AlgaPSA');
  });

  it('shows the state in its sign by colour and by shape (E-10)', () => {
    const signs = ['phase.running', 'updating', 'degraded', 'blocked', 'unknown'].map((state) =>
      faviconOf('A', '#7c3aed', state),
    );
    expect(new Set(signs).size).toBe(5);
    expect(decodeURIComponent(faviconOf('<', '#7c3aed', 'held'))).not.toContain('><<');
  });
});

describe('the theme', () => {
  it('follows the device until somebody chooses', () => {
    expect(shadeOf(themeOf(null), true)).toBe('dark');
    expect(shadeOf(themeOf('light'), true)).toBe('light');
    expect(shadeOf(themeOf('nonsense'), false)).toBe('light');
  });
});
