import type { CheckFix, CheckResult } from 'host-service/contract/checks.ts';
import { describe, expect, it } from 'vitest';
import { checkGroupsOf } from './derive-checks.ts';
import { fixOf } from './derive-fix.ts';

const check = (id: string, more: Partial<CheckResult> = {}): CheckResult => ({
  ...{ id, group: 'network', state: 'failed', detail: 'x', mayAccept: true },
  ...more,
});
const fixed = (id: string, fix: CheckFix) => fixOf(check(id, { fix }));

describe('what mends a check (S4)', () => {
  it.each([
    ['registry.connect', { kind: 'network' }, 'network-proxy'],
    ['registry.dns', { kind: 'network' }, 'network-resolvers'],
    ['network.resolver', { kind: 'network' }, 'network-resolvers'],
    ['network.wildcard', { kind: 'network' }, 'network-resolvers'],
    ['registry.http', { kind: 'proxy' }, 'network-proxy'],
    ['registry.interception', { kind: 'ca', issuer: 'Corp' }, 'network-authorities'],
    ['registry.tls', { kind: 'ca' }, 'network-authorities'],
    ['registry.credentials', { kind: 'credentials', host: 'ghcr.io' }, 'network-host-ghcr.io'],
    ['registry.credentials', { kind: 'mirror', host: 'ghcr.io' }, 'network-host-ghcr.io'],
    ['time.registry', { kind: 'time' }, 'network-time'],
  ] as const)('R-28 R-31 of %s with fix %o is a place of the network page', (id, fix, anchor) => {
    const found = fixed(id, fix);
    expect(found).toMatchObject({ kind: 'link', to: `/network?from=%2Fsetup%2Fchecks#${anchor}` });
  });

  it('is another release, or the answer to a question', () => {
    expect(fixed('release.compatible', { kind: 'release' })).toMatchObject({ to: '/setup/release' });
    expect(fixed('network.wildcard', { kind: 'setting', setting: 'appUrl' })).toMatchObject({
      to: '/setup/answers#question-appUrl',
    });
  });

  it('is a sentence where nothing but hands help, and nothing where nothing is wrong', () => {
    expect(fixed('network.link', { kind: 'network' })).toEqual({
      kind: 'hands',
      key: 'checks.network.link.hands',
    });
    expect(fixOf(check('machine.cpu'))).toEqual({ kind: 'hands', key: 'checks.machine.cpu.hands' });
    expect(fixOf(check('machine.cpu', { state: 'passed' }))).toBeUndefined();
    expect(fixOf(check('machine.cpu', { state: 'unknown' }))).toBeUndefined();
  });

  it('stands first where it is in the way: in its group and among the groups', () => {
    const accepted = { check: 'disk.size', by: 'ada', at: '2026-03-02T10:00:00Z' };
    const groups = checkGroupsOf({
      mayInstall: false,
      checks: [
        check('machine.cpu', { group: 'machine', state: 'warning' }),
        check('disk.size', { group: 'disk', accepted }),
        check('network.link', { state: 'passed' }),
        check('network.gateway'),
        check('release.signed', { group: 'release', state: 'passed' }),
      ],
    });
    expect(groups.map(({ group }) => group)).toEqual(['network', 'machine', 'disk', 'release']);
    expect(groups[0]?.checks.map(({ id }) => id)).toEqual(['network.gateway', 'network.link']);
  });
});
