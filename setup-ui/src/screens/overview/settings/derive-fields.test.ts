import type { SettingDefinition } from 'host-service/contract/product.ts';
import { describe, expect, it } from 'vitest';
import { statusOf, viewOf } from '../test/views.ts';
import { changeOf, fieldsOf, mistakeOf, mistakesOf, needsAnswers, valueOf } from './derive-fields.ts';

const question = (
  type: SettingDefinition['type'],
  more: Partial<SettingDefinition> = {},
): SettingDefinition => ({
  type,
  title: type,
  required: true,
  maxLength: 20,
  editable: true,
  ...more,
});
const questions = {
  name: question('text', { editable: false }),
  mail: question('email'),
  address: question('url', { maxLength: 60 }),
  secret: question('secret', { required: false }),
  password: question('password', { editable: false }),
  edition: question('choice', { choices: ['ee', 'ce'], default: 'ee', required: false }),
};
const missing = { code: 'plan.settings-missing' as const, detail: 'x', subject: 'mail' };
const fresh = () => {
  const view = viewOf({ problems: [missing] }, { questions, settings: { name: 'Example' } });
  const status = statusOf({ problems: [missing] });
  delete status.running;
  return { ...view, status };
};
const fieldOf = (key: string) => {
  const field = fieldsOf(fresh()).find((one) => one.key === key);
  if (field === undefined) throw new Error(`no field ${key}`);
  return field;
};

describe('the questions of the product', () => {
  it('are shown by themselves when the box waits for answers, and name the one that is missing', () => {
    expect(needsAnswers(fresh())).toBe(true);
    expect(needsAnswers(viewOf())).toBe(false);
    expect(
      fieldsOf(fresh())
        .filter(({ isNamed }) => isNamed)
        .map(({ key }) => key),
    ).toEqual(['mail']);
  });

  it('start from what is stored, then the default; secrets always from nothing', () => {
    expect(Object.keys(questions).map((key) => valueOf(fieldOf(key), {}))).toEqual([
      'Example',
      '',
      '',
      '',
      '',
      'ee',
    ]);
  });

  it('R-08 keep what was typed while a new status comes in', () => {
    const draft = { mail: 'half@' };
    const later = { ...fresh(), settings: { name: 'Example', mail: 'other@example.com' } };
    const [field] = fieldsOf(later).filter(({ key }) => key === 'mail');
    expect(field && valueOf(field, draft)).toBe('half@');
  });

  it('find the mistakes that a page can find', () => {
    expect(mistakeOf(fieldOf('mail'), 'a@b')).toBe('overview.settings.no-email');
    expect(mistakeOf(fieldOf('mail'), ' a@b.de ')).toBeUndefined();
    expect(mistakeOf(fieldOf('address'), 'psa.example.com')).toBe('overview.settings.no-url');
    expect(mistakeOf(fieldOf('address'), 'https://me:pw@psa.example.com')).toBe('overview.settings.no-url');
    expect(mistakeOf(fieldOf('name'), '  ')).toBe('overview.settings.empty');
    expect(mistakeOf(fieldOf('name'), 'x'.repeat(21))).toBe('overview.settings.too-long');
    expect(mistakeOf(fieldOf('password'), '')).toBeUndefined();
    expect([...mistakesOf(fieldsOf(fresh()), {}).keys()]).toEqual(['mail', 'address']);
  });

  it('S2 send secrets apart from settings, and only what was typed', () => {
    const draft = {
      mail: ' a@b.de ',
      secret: ' key ',
      password: ' with blanks ',
      name: 'Example',
      edition: 'ce',
    };
    expect(changeOf(fieldsOf(fresh()), draft)).toEqual({
      settings: { mail: 'a@b.de', edition: 'ce' },
      secrets: { secret: 'key', password: ' with blanks ' },
    });
    expect(changeOf(fieldsOf(fresh()), { name: 'Example', secret: '' })).toBeUndefined();
  });

  it('do not change after the installation what may not change', () => {
    const fields = fieldsOf(viewOf({}, { questions }));
    expect(fields.find(({ key }) => key === 'name')?.isFixed).toBe(true);
    expect(fields.some(({ key }) => key === 'password')).toBe(false);
    expect(changeOf(fields, { name: 'Other' })).toBeUndefined();
  });
});
