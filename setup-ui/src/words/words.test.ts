import { PROBLEMS } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { localeOf } from './locale.ts';
import { createWords, loadAllWords, loadWords } from './words.tsx';

type Catalogue = Readonly<Record<string, string>>;
const FILES = import.meta.glob<Catalogue>('./*/*.json', { eager: true, import: 'default' });
const filesOf = (locale: string): readonly string[] =>
  Object.keys(FILES).flatMap((path) => (path.startsWith(`./${locale}/`) ? (path.split('/')[2] ?? '') : []));
const catalogue = (locale: string, file: string): Catalogue => FILES[`./${locale}/${file}`] ?? {};

/** Names of values in a message: `{name}`, `{name, plural, ...}`. */
const valuesOf = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\{\s*([a-zA-Z]+)\s*[,}]/g)].map(([, name]) => name ?? ''))].sort();

const codes = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[];

describe('words', () => {
  it('are there in German for every English message, with the same values', () => {
    const files = filesOf('en');
    expect(files.length).toBeGreaterThan(5);
    expect([...filesOf('de')].sort()).toEqual([...files, 'problems.json'].sort());
    for (const file of files) {
      const [en, de] = [catalogue('en', file), catalogue('de', file)];
      expect(Object.keys(de).sort(), file).toEqual(Object.keys(en).sort());
      for (const [key, text] of Object.entries(en))
        expect(valuesOf(de[key] ?? ''), `${file} ${key}`).toEqual(valuesOf(text));
    }
  });

  it('tell every problem of the table in German, short enough to read', () => {
    const de = catalogue('de', 'problems.json');
    expect(Object.keys(de).sort()).toEqual(
      codes.flatMap((code) => [`${code}.title`, `${code}.remedy`]).sort(),
    );
    const bad = Object.entries(de).filter(([, text]) => text.length > 120 || !text.endsWith('.'));
    expect(bad).toEqual([]);
  });

  it('tell every problem in English with the words of the table itself, and who acts next', async () => {
    const words = await loadAllWords('en');
    for (const code of codes) {
      expect(words.find(`problems.${code}.title`)).toBe(PROBLEMS[code].title);
      expect(words.find(`problems.${code}.remedy`)).toBe(PROBLEMS[code].remedy);
      expect(words.actorOf(code)).toBe(PROBLEMS[code].next);
    }
  });

  it('come in two parts: the first screen does not wait for the rest', async () => {
    const first = await loadWords('de');
    expect(first.isWhole).toBe(false);
    expect(first.t('shell.nav.overview')).toBe('Übersicht');
    expect(first.t('session.login.title')).toBe('…');
    const all = await loadAllWords('de');
    expect(all.isWhole).toBe(true);
    expect(all.t('session.login.title')).toBe('Anmelden');
    expect(all.t('shell.nav.overview')).toBe('Übersicht');
  });

  it('count in the way of their language', async () => {
    const { t } = await loadAllWords('de');
    expect(t('parts.duration.days', { d: 1, h: 2 })).toBe('1 Tag 2 h');
    expect(t('parts.duration.days', { d: 3, h: 0 })).toBe('3 Tage 0 h');
  });

  it('are marked and longer in the pseudo-language, and keep their values (E-16)', async () => {
    const [en, pseudo] = await Promise.all([loadAllWords('en'), loadAllWords('qps')]);
    const text = pseudo.t('shell.account', { user: 'Ada' });
    expect(text).toContain('Ada');
    expect(text).not.toContain('Account');
    expect(text.length).toBeGreaterThan(en.t('shell.account', { user: 'Ada' }).length);
    expect(pseudo.t('parts.duration.days', { d: 2, h: 1 })).toMatch(/2 .*1 /);
  });

  it('take texts of the box as they are', () => {
    const words = createWords('en', { messages: { 'x.y': [['a']] }, actors: {} });
    expect(words.find('x.y', { a: '{b} <i>' })).toBe('{b} <i>');
  });
});

describe('the language to begin with', () => {
  it('is the one chosen before, else the first of the browser that we speak, else English', () => {
    expect(localeOf('de', ['en-GB'], false)).toBe('de');
    expect(localeOf(null, ['fr-FR', 'de-AT', 'en'], false)).toBe('de');
    expect(localeOf('xx', ['fr'], false)).toBe('en');
    expect(localeOf('qps', ['de'], false)).toBe('de');
    expect(localeOf('qps', ['de'], true)).toBe('qps');
  });
});
