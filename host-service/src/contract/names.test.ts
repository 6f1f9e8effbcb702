import { describe, expect, it } from 'vitest';
import { Digest, Key, Label, Line, Repository, Tag, Timestamp, Version } from './names.ts';

const hex = 'a'.repeat(64);

describe('names that cross a wire', () => {
  it.each([
    ['upper case', `sha256:${'A'.repeat(64)}`],
    ['short', 'sha256:abc'],
    ['long', `sha256:${hex}0`],
    ['another algorithm', `sha512:${hex}${hex}`],
    ['a new line', `sha256:${hex}\n`],
    ['S9 a piece of YAML', `sha256:${hex}"\n  evil: true`],
  ])('refuse a digest with %s', (_, text) => {
    expect(Digest.safeParse(text).success).toBe(false);
  });

  it('accept exactly sha256 with 64 lower-case hex digits', () => {
    expect(Digest.parse(`sha256:${hex}`)).toBe(`sha256:${hex}`);
  });

  it.each(['1', '1.2', '01.2.3', '1.2.3+build', 'v1.2.3', '1.2.3-', 'latest', `1.2.3-${'x'.repeat(64)}`])(
    'refuse the version %s',
    (text) => {
      expect(Version.safeParse(text).success).toBe(false);
    },
  );

  it.each(['1.2.3', '0.0.0', '1.0.0-rc.1', '10.20.30-alpha-1'])('accept the version %s', (text) => {
    expect(Version.safeParse(text).success).toBe(true);
  });

  it.each([
    'ghcr.io/Upper/case',
    'ghcr.io/a:tag',
    'ghcr.io/a@sha256:x',
    'https://ghcr.io/a',
    'ghcr.io',
    'ghcr.io/../a',
    'ghcr.io/a b',
    'ghcr.io/a$(id)',
  ])('refuse the repository %s', (text) => {
    expect(Repository.safeParse(text).success).toBe(false);
  });

  it.each(['ghcr.io/nine-minds/alga-appliance-release', '127.0.0.1:5000/x', 'registry.test:443/a/b_c/d.e'])(
    'accept the repository %s',
    (text) => {
      expect(Repository.safeParse(text).success).toBe(true);
    },
  );

  it.each(['', '.x', '-x', 'a/b', 'x'.repeat(129)])('refuse the tag %j', (text) => {
    expect(Tag.safeParse(text).success).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'prototype', '1a', '', 'a b'])('refuse the map key %j', (text) => {
    expect(Key.safeParse(text).success).toBe(false);
  });

  it.each(['a\u001b[2Jb', 'a\nb', 'a\u202eb', 'a\u0000b', 'x'.repeat(513)])(
    'refuse a line for people that holds %j',
    (text) => {
      expect(Line.safeParse(text).success).toBe(false);
    },
  );

  it('accept a DNS label and refuse one that starts with a dash', () => {
    expect(Label.safeParse('alga-core').success).toBe(true);
    expect(Label.safeParse('-alga').success).toBe(false);
  });

  it('want times in UTC', () => {
    expect(Timestamp.safeParse('2026-11-21T10:00:00Z').success).toBe(true);
    expect(Timestamp.safeParse('2026-11-21T10:00:00.123Z').success).toBe(true);
    expect(Timestamp.safeParse('2026-11-21T10:00:00+02:00').success).toBe(false);
    expect(Timestamp.safeParse('2026-11-21').success).toBe(false);
  });
});
