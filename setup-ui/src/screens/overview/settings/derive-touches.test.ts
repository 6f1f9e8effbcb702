import { IntentPreview } from 'host-service/contract/api/intent.ts';
import { describe, expect, it } from 'vitest';
import type { FieldFacts } from './derive-fields.ts';
import { touchedOf } from './derive-touches.ts';

const field = (key: string, title: string): FieldFacts => ({
  ...{ key, title, type: 'text', isRequired: false, isSecret: false, stored: '', choices: [] },
  ...{ maxLength: 20, isFixed: false, isNamed: false, source: 'person' },
});
const preview = (over: Record<string, unknown>): IntentPreview =>
  IntentPreview.parse({
    ...{ intentRevision: 1, changes: [], direction: 'none', trace: [] },
    plan: {
      ...{ kind: 'nothing', steps: [], creates: [], changes: [], removes: [], pullBytes: 0 },
      ...{ pulls: [], irreversible: [], hosts: [] },
    },
    ...over,
  });

describe('what saving an answer touches', () => {
  it('is named by question: before and after, what restarts, what reads it later', () => {
    const rows = touchedOf(
      preview({
        changes: [
          { path: 'settings.appUrl', from: 'https://a.test', to: 'https://b.test' },
          { path: 'secrets.licence' },
          { path: 'settings.mail', from: 'a@b.test' },
          { path: 'intent.hold', from: false, to: true },
        ],
        touches: [
          { setting: 'appUrl', restarts: ['Application', 'Worker'], readBy: [] },
          { setting: 'licence', restarts: [], readBy: ['Preparing the database'] },
        ],
      }),
      [field('appUrl', 'Address'), field('licence', 'Licence key'), field('mail', 'Mail')],
    );
    expect(rows.map(({ title, change, says }) => [title, change.key, says.map(({ key }) => key)])).toEqual([
      ['Address', 'overview.settings.confirm.change', ['overview.settings.touch.restarts']],
      ['Licence key', 'overview.settings.confirm.secret', ['overview.settings.touch.read']],
      ['Mail', 'overview.settings.confirm.removed', ['overview.settings.touch.none']],
    ]);
    expect(rows[0]?.says[0]?.values).toEqual({ parts: 'Application, Worker' });
  });

  it('S2 says of a secret that it changes and nothing more', () => {
    const rows = touchedOf(preview({ changes: [{ path: 'secrets.key', from: 'old', to: 'new' }] }), []);
    expect(JSON.stringify(rows)).not.toMatch(/old|"new"/);
  });

  it('knows nothing of it from a box that is older than this page', () => {
    const rows = touchedOf(preview({ changes: [{ path: 'settings.a', to: 'x' }] }), []);
    expect(rows[0]?.says.map(({ key }) => key)).toEqual(['overview.settings.touch.none']);
  });
});
