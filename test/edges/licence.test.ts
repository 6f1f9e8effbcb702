import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { licenceAnswerOf } from 'host-service/edges/licence/answer.ts';
import { createLicence } from 'host-service/edges/licence/licence.ts';
import type { LicenceAnswer } from 'host-service/core/setup/licence-answer.ts';
import { LicenceService } from '../world/licence/licence.ts';

const CODE = 'CODE-1234-SECRET';
let service: LicenceService;
let client: ReturnType<typeof createLicence>;

beforeEach(async () => {
  service = await LicenceService.start();
  client = createLicence({
    userAgent: 'test',
    way: () => Promise.resolve({ registries: [] }),
    limits: { answerMs: 1_500 },
  });
});
afterEach(async () => {
  await service.stop();
});

const redeem = (key = 'key-1', url = service.url): Promise<LicenceAnswer> =>
  client.redeem({ url, code: CODE, applianceId: 'box-1', key }, new AbortController().signal);

describe('the licence service', () => {
  it('redeems a code once: a second question has the same answer, another key has none', async () => {
    service.codes.set(CODE, 'open');
    const first = await redeem();
    expect(first).toMatchObject({
      kind: 'registered',
      fields: { applianceId: 'box-1', checkInUrl: 'https://license.example.com/check-in', edition: 'ee' },
    });
    expect(await redeem()).toEqual(first);
    expect(await redeem('key-2')).toMatchObject({ kind: 'refused', problem: { code: 'register.code-used' } });
    expect(service.redemptions).toBe(1);
    expect(service.asked.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-2']);
  });

  it.each([
    [undefined, 'register.code-invalid'],
    ['expired', 'register.code-expired'],
    ['superseded', 'register.code-expired'],
    ['consumed', 'register.code-used'],
    ['tenant_mismatch', 'register.code-invalid'],
  ] as const)('B-89 calls a code that is %s by its own name: %s', async (state, code) => {
    if (state !== undefined) service.codes.set(CODE, state);
    const answer = await redeem();
    expect(answer).toMatchObject({ kind: 'refused', problem: { code } });
    expect(JSON.stringify(answer)).not.toContain(CODE);
  });

  it.each([
    ['hang', 'register.unreachable'],
    ['lose', 'register.unreachable'],
    ['outage', 'register.unreachable'],
    ['garbage', 'register.answer-invalid'],
    ['flood', 'register.answer-invalid'],
  ] as const)(
    'R3 asks again with the same key after it was met by %s (%s), and nothing was redeemed twice',
    async (mood, code) => {
      service.codes.set(CODE, 'open');
      service.mood = mood;
      const answer = await redeem();
      expect(answer).toMatchObject({ kind: 'unavailable', problem: { code } });
      expect(JSON.stringify(answer)).not.toContain(CODE);
      service.mood = 'good';
      expect(await redeem()).toMatchObject({ kind: 'registered' });
      expect(service.redemptions).toBe(1);
    },
  );

  it('says that nobody is there, and sends no code over a line that everybody can read', async () => {
    const { url } = service;
    await service.stop();
    expect(await redeem('key-1', url)).toMatchObject({ problem: { code: 'register.unreachable' } });
    expect(await redeem('key-1', 'http://licence.example.com')).toMatchObject({
      problem: {
        code: 'register.unreachable',
        detail: 'licence.example.com is not asked without encryption',
      },
    });
    service = await LicenceService.start();
  });

  it('ends when it is told to', async () => {
    service.mood = 'hang';
    const stop = new AbortController();
    const asking = client.redeem({ url: service.url, code: CODE, applianceId: 'b', key: 'k' }, stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(asking).rejects.toThrow();
  });
});

describe('what the licence service says', () => {
  const good = {
    license_token: `e30.${Buffer.from('{"exp":1893456000}').toString('base64url')}.sig`,
    appliance_credential: 'credential',
    check_in_url: 'https://license.example.com/check-in',
  };
  const said = (over: Record<string, unknown>): LicenceAnswer =>
    licenceAnswerOf(200, JSON.stringify({ ...good, ...over }), 'box-1');

  it('B-90 shows a licence without end as perpetual, and never a year that nobody will see', () => {
    expect(said({ expires_at: 9_999_999_999 })).toMatchObject({ expires: 'perpetual' });
    expect(said({ expires_at: '2286-11-20T17:46:39Z' })).toMatchObject({ expires: 'perpetual' });
    expect(said({ expires_at: 1_893_456_000 })).toMatchObject({ expires: '2030-01-01T00:00:00.000Z' });
    expect(said({})).toMatchObject({ expires: '2030-01-01T00:00:00.000Z' });
  });

  it.each([
    ['a token that is none', { license_token: 'abc' }],
    ['an address that is none', { check_in_url: 'javascript:alert(1)' }],
    ['a number for a name', { company: 7 }],
    ['a name with control characters', { edition: 'e\u0000e' }],
    ['nothing for the credential', { appliance_credential: '' }],
    ['a time that is none', { expires_at: -1 }],
  ])('believes nothing with %s in it (register.answer-invalid)', (_name, over) => {
    expect(said(over)).toMatchObject({ kind: 'unavailable', problem: { code: 'register.answer-invalid' } });
  });

  it.each([
    [200, '{"error":"consumed"}', 'register.answer-invalid'],
    [404, 'not here', 'register.answer-invalid'],
    [302, '', 'register.answer-invalid'],
    [422, '{"error":"sold-out"}', 'register.answer-invalid'],
    [500, '{"error":"consumed"}', 'register.unreachable'],
    [429, '', 'register.unreachable'],
    [404, '{"error":"invalid"}', 'register.code-invalid'],
  ])('B-89 takes status %s with %j for %s', (status, text, code) => {
    expect(licenceAnswerOf(status, text, 'b')).toMatchObject({ problem: { code } });
  });
});
