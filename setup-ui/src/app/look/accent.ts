/** Red, green, blue in 0..255. */
type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [15, 18, 22];
/** Surfaces of style.css on which the accent stands as text. */
const GROUND: Readonly<Record<'light' | 'dark', Rgb>> = { light: [236, 238, 242], dark: [34, 40, 49] };
/** WCAG 2.2 AA for text is 4.5; a little more, because colours are rounded when written. */
const NEEDED = 4.55;

export interface AccentColours {
  /** Ground of primary buttons. */
  readonly accent: string;
  readonly strong: string;
  /** Text on it. */
  readonly onAccent: string;
  /** The accent as text and line on a surface. */
  readonly text: string;
  readonly soft: string;
}

function rgbOf(hex: string): Rgb | undefined {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) return undefined;
  const [, r = '', g = '', b = ''] = match;
  return [parseInt(r, 16), parseInt(g, 16), parseInt(b, 16)];
}

const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

/** Relative luminance (WCAG 2.2). */
function luminanceOf(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrastBetween(one: Rgb, other: Rgb): number {
  const [low = 0, high = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Contrast of two colours `#rrggbb`, 1 to 21. */
export function contrastOf(one: string, other: string): number {
  return contrastBetween(rgbOf(one) ?? INK, rgbOf(other) ?? INK);
}

/** Moves a colour towards white or ink until it can be read on `ground`. */
function readableOn(colour: Rgb, ground: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mix(colour, towards, share);
    if (contrastBetween(tried, ground) >= NEEDED) return tried;
  }
  return towards;
}

/** The vendor's accent made readable in a theme; undefined when it is no colour. */
export function accentColoursOf(accent: string, shade: 'light' | 'dark'): AccentColours | undefined {
  const given = rgbOf(accent);
  if (given === undefined) return undefined;
  const ground = GROUND[shade];
  const towards = shade === 'light' ? INK : WHITE;
  const text = readableOn(given, ground, towards);
  const onAccent = contrastBetween(given, WHITE) >= NEEDED ? WHITE : INK;
  const fill = readableOn(given, onAccent, onAccent === WHITE ? INK : WHITE);
  // A button that is as dark as the page would not be seen as one.
  const seen =
    contrastBetween(fill, ground) >= 2
      ? { fill, onAccent }
      : { fill: text, onAccent: shade === 'light' ? WHITE : INK };
  return {
    accent: hexOf(seen.fill),
    strong: hexOf(mix(seen.fill, seen.onAccent === WHITE ? INK : WHITE, 0.16)),
    onAccent: hexOf(seen.onAccent),
    text: hexOf(text),
    soft: hexOf(mix(text, shade === 'light' ? WHITE : INK, shade === 'light' ? 0.9 : 0.82)),
  };
}
