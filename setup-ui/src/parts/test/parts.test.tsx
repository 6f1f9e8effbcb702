import { renderToStaticMarkup } from 'react-dom/server';
import type { ReactNode } from 'react';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAllWords, WordsProvider, type Words } from '../../words/words.tsx';
import { Button } from '../basic/button.tsx';
import { Card } from '../basic/card.tsx';
import { StateBadge } from '../basic/state-badge.tsx';
import { lookOf } from '../basic/state-look.ts';
import { Bytes } from '../facts/bytes.tsx';
import { DigestText } from '../facts/digest-text.tsx';
import { absoluteTime, bytesText, durationParts, relativeTime } from '../facts/format.ts';
import { ClockProvider, stoppedClock } from '../facts/now.tsx';
import { durationText, Time } from '../facts/time.tsx';
import { Field, TextInput } from '../form/field.tsx';
import { PasswordField } from '../form/password-field.tsx';
import { RadioCards } from '../form/radio-cards.tsx';
import { ProblemNotice } from '../notice/problem-notice.tsx';

const NOW = Date.parse('2026-03-02T10:00:00Z');
let words: Words;
let german: Words;
beforeAll(async () => {
  [words, german] = await Promise.all([loadAllWords('en'), loadAllWords('de')]);
});

function html(node: ReactNode, spoken = words): string {
  return renderToStaticMarkup(
    <WordsProvider words={spoken} choose={() => undefined}>
      <ClockProvider clock={stoppedClock(NOW)}>{node}</ClockProvider>
    </WordsProvider>,
  );
}

describe('parts', () => {
  it('a busy button says what goes on, stays in the tab order and takes no click', () => {
    const text = html(<Button busy="Saving the settings…">Save</Button>);
    expect(text).toContain('Saving the settings…');
    expect(text).not.toContain('>Save<');
    expect(text).toContain('aria-disabled="true"');
    expect(text).not.toMatch(/\sdisabled/);
    expect(html(<Button>Save</Button>)).toContain('type="button"');
  });

  it('a state is told by icon, word and colour together (E-15)', () => {
    const text = html(<StateBadge state="states.component.failed" />);
    expect(text).toContain('Failed');
    expect(text).toContain('<svg');
    expect(text).toContain('text-bad');
    expect(html(<StateBadge state="states.component.failed" />, german)).toContain('Gestört');
  });

  it('a state that nobody knows looks plain, never good', () => {
    expect(lookOf('states.phase.brand-new').tone).toBe('plain');
    expect(lookOf('states.phase.running').tone).toBe('good');
    expect(lookOf('states.outcome.running').tone).toBe('info');
  });

  it('a time is relative, with date and zone for everybody (E-17)', () => {
    const text = html(<Time at="2026-03-02T09:57:00Z" />);
    expect(text).toContain('3 minutes ago');
    expect(text).toContain(absoluteTime(Date.parse('2026-03-02T09:57:00Z'), 'en'));
    expect(text).toContain('tabindex="0"');
    expect(html(<Time at="2026-03-02T09:59:55Z" />, german)).toContain('gerade eben');
    expect(absoluteTime(NOW, 'en', 'Europe/Berlin')).toMatch(/11:00:00 AM GMT\+1/);
    expect(relativeTime(NOW + 2 * 86_400_000, NOW, 'en')).toBe('in 2 days');
  });

  it('a length of time has two units at most and never counts below nothing', () => {
    const { t } = words;
    expect(durationText(38_900, t)).toBe('38 s');
    expect(durationText(250_000, t)).toBe('4 min 10 s');
    expect(durationText(2 * 86_400_000 + 3 * 3_600_000, t)).toBe('2 days 3 h');
    expect(durationParts(-5)).toEqual({ d: 0, h: 0, m: 0, s: 0 });
  });

  it('bytes stand in the unit that fits and in the way of the language', () => {
    expect(bytesText(1_412_000_000, 'en')).toBe('1.4 GB');
    expect(bytesText(0, 'en')).toBe('0 bytes');
    expect(html(<Bytes value={412_334_592} />, german)).toContain('412,3');
  });

  it('a digest is shown short and copied whole (E-18)', () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const text = html(<DigestText digest={digest} />);
    expect(text).toContain('>0123456789ab<');
    expect(text).toContain('aria-label="Copy Digest 0123456789ab"');
  });

  it('a problem says what is true, what to do, who acts next, and its code (S7)', () => {
    const problem = {
      code: 'registry.dns',
      detail: 'ghcr.io',
      subject: 'stable',
      since: '2026-03-02T09:00:00Z',
    } as const;
    const english = html(<ProblemNotice problem={problem} requestId="r-9" isAnnounced />);
    for (const part of [
      'cannot be resolved',
      'ghcr.io',
      'This needs you.',
      'Check the DNS servers',
      'registry.dns',
      'r-9',
      'role="alert"',
      '1 hour ago',
    ])
      expect(english).toContain(part);
    expect(html(<ProblemNotice problem={problem} />, german)).toContain('Hier sind Sie gefragt.');
  });

  it('a field ties label, help and error to its control', () => {
    const text = html(
      <Field label="Company" help="As on the invoice" error="Fill this in.">
        {(wiring) => <TextInput {...wiring} />}
      </Field>,
    );
    const id = /<label for="([^"]+)"/.exec(text)?.[1] ?? 'none';
    expect(text).toContain(
      `<input type="text" id="${id}" aria-describedby="${id}-help ${id}-error" aria-invalid="true"`,
    );
    expect(text).toContain(`id="${id}-error"`);
    expect(text).toContain('Fill this in.');
  });

  it('a password is hidden until its owner wants to see it', () => {
    const text = html(<PasswordField label="Password" value="x" onChange={() => undefined} />);
    expect(text).toContain('type="password"');
    expect(text).toContain('aria-label="Show what is typed"');
  });

  it('one of a few is the browser’s own choice, each with its sentence', () => {
    const options = [
      { value: 'a', title: 'Stable', description: 'For production' },
      { value: 'b', title: 'Nightly' },
    ] as const;
    const text = html(<RadioCards legend="Channel" value="a" options={options} onChange={() => undefined} />);
    expect(text.match(/type="radio"/g)).toHaveLength(2);
    expect(text.match(/checked=""/g)).toHaveLength(1);
    expect(text).toContain('<legend');
  });

  it('a card with a title is a region with that name', () => {
    const text = html(<Card title="Channel">…</Card>);
    expect(/aria-labelledby="([^"]+)".*<h2 id="\1"/.test(text)).toBe(true);
  });
});
