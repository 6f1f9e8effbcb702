import { describe, expect, it } from 'vitest';
import { bytesOf, NOW, releaseJson, REPOSITORY, statementJson } from '../../../../test/fixtures/documents.ts';
import { makeKey, makeTrust, sha256, signBundle, trustKey } from '../../../../test/fixtures/sign.ts';
import { Digest, Repository } from '../../contract/names.ts';
import type { Floor } from '../../contract/objects.ts';
import { admitRelease, type AdmissionInput } from './admit.ts';

const key = makeKey();
const trust = makeTrust([trustKey(key)]);
const document = bytesOf(releaseJson());
const digest = Digest.parse(sha256(document));
const statementOf = (over: Record<string, unknown> = {}): Uint8Array =>
  bytesOf(statementJson({ digest, version: '1.0.0' }, over));
const expired = { expires: '2026-11-21T11:59:59Z' };

function admit(over: Partial<AdmissionInput> = {}) {
  const statement = 'statement' in over ? over.statement : statementOf();
  const signed = [document, ...(statement === undefined ? [] : [statement])];
  return admitRelease({
    source: 'channel',
    document,
    statement,
    bundles: signed.map((bytes) => signBundle(bytes, key)),
    trust,
    product: 'test-product',
    repository: Repository.parse(REPOSITORY),
    channel: 'stable',
    floor: undefined,
    now: NOW,
    ...over,
  });
}
function codeOf(over: Partial<AdmissionInput>): string {
  const admission = admit(over);
  return admission.ok ? 'ok' : admission.problem.code;
}
function floorOf(over: Partial<Floor> = {}): Floor {
  const admission = admit();
  if (!admission.ok || admission.nextFloor === undefined) throw new Error('not admitted');
  return { ...admission.nextFloor, ...over };
}

describe('admission', () => {
  it('S8 raises the floor to what it admits, and not twice', () => {
    const floor = floorOf();
    expect(floor).toMatchObject({
      channel: 'stable',
      signedSeen: true,
      release: { digest, version: '1.0.0' },
    });
    const again = admit({ floor });
    expect(again.ok && again.nextFloor).toBe(undefined);
  });

  it('judges expiry to the millisecond', () => {
    const statement = statementOf({ expires: '2026-11-21T12:00:00.001Z' });
    expect(codeOf({ statement })).toBe('ok');
    expect(codeOf({ statement, now: new Date(NOW.getTime() + 1) })).toBe('release.expired');
  });

  it('takes a box whose clock is far behind: a statement from the future is no expired one', () => {
    expect(codeOf({ now: new Date('2018-06-22T00:00:00Z') })).toBe('ok');
  });

  it.each([
    ['the baked release', { source: 'baked' }, 'ok'],
    ['an imported release', { source: 'imported' }, 'release.expired'],
    ['an imported release that an admin approved', { source: 'imported', approvedExpired: digest }, 'ok'],
    [
      'an imported release when another was approved',
      { source: 'imported', approvedExpired: Digest.parse(sha256('x')) },
      'release.expired',
    ],
    ['a channel, whatever was approved', { source: 'channel', approvedExpired: digest }, 'release.expired'],
    ['a pin, which needs no statement', { source: 'pin' }, 'ok'],
  ] as const)('under an expired statement of %s', (_name, over, code) => {
    expect(codeOf({ ...over, statement: statementOf(expired) })).toBe(code);
  });

  it('lets an imported release not go below the floor', () => {
    const floor = floorOf({ sequence: 1_795_000_000_001 });
    expect(codeOf({ source: 'imported', floor })).toBe('release.rollback');
    const baked = admit({ source: 'baked', floor });
    expect(baked.ok && baked.nextFloor).toBe(undefined);
  });

  it('needs a statement of a channel and of an import, not of a pin or what is baked in', () => {
    const codes = (['channel', 'imported', 'pin', 'baked'] as const).map((source) =>
      codeOf({ source, statement: undefined }),
    );
    expect(codes).toEqual(['release.no-statement', 'release.no-statement', 'ok', 'ok']);
  });

  it('ignores the floor of another channel, repository or product', () => {
    for (const over of [
      { channel: 'nightly' },
      { repository: Repository.parse('a.example/b') },
      { product: 'x' },
    ]) {
      expect(codeOf({ floor: floorOf({ sequence: 9_000_000_000_000, ...over }) })).toBe('ok');
    }
  });

  it('reads a document without any signature under a dated policy only, and never after a signed one', () => {
    const open = makeTrust([trustKey(key)], { unsigned: 'allow-until 2026-11-21' });
    const unsigned = { bundles: [], trust: open };
    const admission = admit(unsigned);
    expect(admission).toMatchObject({
      ok: true,
      signed: false,
      keyIds: [],
      nextFloor: { signedSeen: false },
    });
    expect(codeOf({ ...unsigned, trust })).toBe('release.unsigned');
    expect(codeOf({ ...unsigned, floor: floorOf() })).toBe('release.unsigned');
    expect(codeOf({ ...unsigned, bundles: [signBundle(statementOf(), key)] })).toBe('release.unsigned');
    expect(codeOf({ ...unsigned, bundles: [signBundle(document, makeKey('x'))] })).toBe(
      'release.key-unknown',
    );
  });

  it.each([
    ['registries', { registries: ['other.example.com'] }],
    ['repositories', { repositories: ['registry.example.com/vendor/config'] }],
    ['a neighbour of an allowed repository', { repositories: ['registry.example.com/vend/*'] }],
  ])('refuses what the list of %s does not name: release.not-allowed', (_name, over) => {
    expect(codeOf({ trust: makeTrust([trustKey(key)], over) })).toBe('release.not-allowed');
  });
});
