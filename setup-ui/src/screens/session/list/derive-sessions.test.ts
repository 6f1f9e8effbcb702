import type { SessionEntry } from 'host-service/contract/api/session.ts';
import { deviceOf } from 'host-service/core/access/device.ts';
import { describe, expect, it } from 'vitest';
import { loadAllWords } from '../../../words/words.tsx';
import { deviceText, sessionRowsOf } from './derive-sessions.ts';

const entry = (id: string, since: string, isThis = false): SessionEntry => ({
  ...{ id, isThis, user: 'admin', role: 'admin', via: 'ui', device: 'Firefox on Linux' },
  ...{ since, expiresAt: '2026-03-02T22:00:00Z' },
});

describe('the list of devices', () => {
  it('begins with this device, then the newest', async () => {
    const { t } = await loadAllWords('en');
    const rows = sessionRowsOf(
      [
        entry('new', '2026-03-02T10:00:00Z'),
        entry('here', '2026-03-02T08:00:00Z', true),
        entry('newest', '2026-03-02T11:00:00Z'),
      ],
      t,
    );
    expect(rows.map((row) => row.entry.id)).toEqual(['here', 'newest', 'new']);
  });

  it('says what the box knows of a browser in the language of the person', async () => {
    const { t } = await loadAllWords('de');
    const said = (userAgent: string | undefined): string =>
      deviceText({ device: deviceOf(userAgent), via: 'ui' }, t);
    expect(said('Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0')).toBe(
      'Firefox auf Android',
    );
    expect(said('curl/8.14.1')).toBe('curl');
    expect(said(undefined)).toBe('Unbekannter Browser');
    expect(said('Something/1.0 (Windows NT 10.0)')).toBe('Unbekannter Browser auf Windows');
    expect(deviceText({ device: 'Unknown browser', via: 'cli' }, t)).toBe('Kommandozeile');
  });
});
