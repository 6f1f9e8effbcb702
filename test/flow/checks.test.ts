import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ChecksView } from 'host-service/contract/api/checks.ts';
import { CheckResult } from 'host-service/contract/checks.ts';
import { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import { HostFacts, hostFactsOf } from 'host-service/contract/host/facts.ts';
import { blockingOf, evaluateChecks } from 'host-service/core/checks/evaluate.ts';
import { CHECKS } from 'host-service/core/checks/table.ts';
import { endpointsOf } from 'host-service/core/checks/wishes.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NOW } from '../fixtures/documents.ts';
import { noHop, problem, ROWS, tls } from './checks-rows.ts';
import { GB, GOOD, host, releaseOf, said, scene, URL_OF, withFacts, withReport } from './checks-world.ts';

/** Words that nobody at the customer knows. */
const INSIDE =
  /\b(pods?|namespaces?|kubernetes|k3s|kubelet|kubectl|helm\w*|flux|kustomiz\w*|deployments?|statefulsets?|configmaps?|daemonsets?|crd|etcd|cgroups?|inodes?|containers?|volumes?|storageclass)\b/i;

describe('checks', () => {
  it.each(ROWS)('%s: %s', (id, _, facts, state) => {
    expect(said(facts, id).state).toBe(state);
  });

  it('have a row for each outcome that they can have, and for what nobody knows', () => {
    const seen = Map.groupBy(ROWS, ([id]) => id);
    expect([...seen.keys()].toSorted()).toEqual(CHECKS.map(({ id }) => id).toSorted());
    for (const [id, rows] of seen) {
      const states = new Set(rows.map(([, , , state]) => state));
      expect([id, states.has('passed'), states.has('unknown')]).toEqual([id, true, true]);
      expect([id, states.has('failed') || states.has('warning')]).toEqual([id, true]);
    }
  });

  it('are at least forty, each with a title, a reason in one sentence and an id of its group', () => {
    expect(CHECKS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
    for (const { id, group, title, why } of CHECKS) {
      expect(id.startsWith(`${group}.`)).toBe(true);
      expect([id, title.length < 40, why.endsWith('.'), why.length < 140]).toEqual([id, true, true, true]);
    }
  });

  const wordsOf = (locale: string): Record<string, string> =>
    z
      .record(z.string(), z.string())
      .parse(
        JSON.parse(
          readFileSync(join(import.meta.dirname, `../../setup-ui/src/words/${locale}/checks.json`), 'utf8'),
        ),
      );
  const isHands = (key: string): boolean => key.endsWith('.hands');

  it('have their words in both languages, the English ones being those of the table', () => {
    const words = CHECKS.flatMap(({ id, title, why }) => [
      [`${id}.title`, title] as const,
      [`${id}.why`, why] as const,
    ]);
    const [en, de] = [wordsOf('en'), wordsOf('de')];
    expect(Object.fromEntries(Object.entries(en).filter(([key]) => !isHands(key)))).toEqual(
      Object.fromEntries(words),
    );
    expect(Object.keys(de).toSorted()).toEqual(Object.keys(en).toSorted());
    const ids = new Set(CHECKS.map(({ id }) => id));
    const strange = Object.keys(en).filter((key) => isHands(key) && !ids.has(key.replace(/\.hands$/, '')));
    expect(strange).toEqual([]);
    for (const text of [...Object.values(de), ...Object.values(en)]) expect(text).not.toMatch(INSIDE);
  });

  it('offer what mends them whenever they find something, or say what only hands can do (S4)', () => {
    const words = wordsOf('en');
    const found = ROWS.flatMap(([, , facts]) => evaluateChecks(facts, [])).filter(
      ({ state }) => state === 'failed' || state === 'warning',
    );
    expect(new Set(found.map(({ id }) => id)).size).toBeGreaterThan(25);
    const helpless = found.filter(
      ({ id, fix, problem }) =>
        fix === undefined && words[`${id}.hands`] === undefined && !(id === 'release.channel' && problem),
    );
    expect(helpless.map(({ id }) => id)).toEqual([]);
    const byHand = ['network.link', 'network.gateway', 'network.overlap'];
    for (const id of byHand) expect(words[`${id}.hands`], id).toBeDefined();
  });

  it('R-47 say no word of the platform’s insides, whatever they find', () => {
    for (const [, , facts] of ROWS) {
      for (const { detail, measured, required } of evaluateChecks(facts, [])) {
        expect(`${detail} ${required ?? ''} ${measured ?? ''}`).not.toMatch(INSIDE);
      }
    }
  });

  it('R-38 name the room that is missing with amounts, and R-31 the one who inspects, with the control that mends it', () => {
    const space = said(withFacts({ diskFreeBytes: 79 * GB }), 'disk.space');
    expect(space).toMatchObject({ measured: '79 GB free', required: '81 GB free', mayAccept: false });
    const between = said(withReport(tls('SELF_SIGNED_CERT_IN_CHAIN')), 'registry.interception');
    expect(between.detail).toContain('Corp Proxy');
    expect(between.fix).toEqual({ kind: 'ca', issuer: 'Corp Proxy' });
    expect(between.subject).toBe('registry.example.com');
  });

  it('say of several hosts what the worst one says, and which one it is', () => {
    const hosts = [host({ name: 'one' }), host({ name: 'two' }, { cpus: 1 })];
    expect(said(scene({ hosts }), 'machine.cpu')).toMatchObject({ state: 'failed', measured: '1 processor' });
    expect(said(scene({ hosts }), 'machine.cpu').detail).toMatch(/^two: /);
  });

  it('B-74 R-32 pass nothing that no host has measured, and hold nothing up for it', () => {
    const results = evaluateChecks(scene({ hosts: [] }), []);
    expect(results.filter(({ id }) => id.startsWith('machine.')).map(({ state }) => state)).not.toContain(
      'passed',
    );
    expect(blockingOf(results)).toEqual([]);
  });

  it('take a risk off the way only where that is allowed, for that subject, and only as long as it fails', () => {
    const risk = (check: string) => ({ check, by: 'ada', at: NOW.toISOString(), reason: 'a test box' });
    const small = withFacts({ cpus: 1, diskWritable: false });
    const after = evaluateChecks(small, [risk('machine.cpu'), risk('disk.writable')]);
    expect(blockingOf(after).map(({ id }) => id)).toEqual(['disk.writable']);
    expect(after.find(({ id }) => id === 'machine.cpu')?.accepted?.by).toBe('ada');
    const mended = evaluateChecks(scene(), [risk('machine.cpu')]);
    expect(mended.find(({ id }) => id === 'machine.cpu')?.accepted).toBeUndefined();
    const other = evaluateChecks(withReport({ ...noHop, ...problem('registry.dns') }), [
      { ...risk('registry.dns'), subject: 'elsewhere.example.com' },
    ]);
    expect(blockingOf(other).map(({ id }) => id)).toContain('registry.dns');
  });

  it('never throw and never say more than fits, whatever a host has reported', () => {
    const flat = fc.dictionary(
      fc.constantFrom(...Object.keys(HostFacts.shape), '__proto__', 'odd'),
      fc.oneof(
        fc.string({ maxLength: 600, unit: 'binary' }),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant('none'),
      ),
    );
    const line = fc
      .string({ maxLength: 300, unit: 'binary' })
      .map((text) => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' '));
    const report = fc.record(
      {
        dnsMs: fc.integer({ min: 0, max: 600_000 }),
        tcpMs: fc.integer({ min: 0, max: 600_000 }),
        status: fc.integer({ min: 100, max: 599 }),
        dateSkewMs: fc.integer(),
        via: fc.constantFrom('direct', 'proxy:1'),
        tls: fc.record({
          issuer: line,
          subject: line,
          trusted: fc.boolean(),
          public: fc.boolean(),
          reason: fc.constantFrom('CERT_HAS_EXPIRED', 'odd'),
        }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(flat, report, fc.option(fc.nat(), { nil: undefined }), (facts, part, pullBytes) => {
        const seen = EndpointReport.parse({ url: URL_OF, at: NOW.toISOString(), via: 'direct', ...part });
        const hosts = [
          host({ endpoints: [seen], facts: hostFactsOf(facts) }),
          host({ name: 'x'.repeat(253) }),
        ];
        const checks = [...evaluateChecks(scene({ hosts, pullBytes }), [])];
        expect(ChecksView.safeParse({ checks, mayInstall: false }).error).toBeUndefined();
        for (const one of checks) expect(CheckResult.safeParse(one).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('fit into one answer for a release from as many places as are measured', () => {
    const endpoints = Array.from({ length: 40 }, (_, n) => ({ url: `https://r${n}.example.com/v2/` }));
    const checks = [...evaluateChecks(scene({ endpoints }), [])];
    expect(ChecksView.safeParse({ checks, mayInstall: true }).success).toBe(true);
    expect(hostFactsOf({ ...GOOD, cpus: 'many', unknown: 1 })).toEqual({ ...GOOD, cpus: undefined });
  });
});

describe('the addresses that are tried', () => {
  const way = { registries: [] };
  it('R-28 are those from which this box would fetch: mirror, proxy and authority included', () => {
    const mirror = {
      host: 'registry.example.com',
      mirrors: ['https://mirror.local:8443/some/path'],
      ca: 'PEM',
      plainHttp: false,
    };
    const proxy = { https: 'http://ada:secret@proxy.local:3128', noProxy: 'other.example.com' };
    const urls = endpointsOf([releaseOf()], 'ghcr.io/vendor/releases', { registries: [mirror], proxy });
    expect(urls).toEqual([
      { url: 'https://ghcr.io/v2/', proxy: 'http://proxy.local:3128/' },
      { url: 'https://mirror.local:8443/v2/', proxy: 'http://proxy.local:3128/', ca: 'PEM' },
    ]);
    expect(JSON.stringify(urls)).not.toContain('secret');
  });

  it('do not go through a proxy that is not meant for them', () => {
    const of = (noProxy: string) =>
      endpointsOf([releaseOf()], 'registry.example.com/a/b', {
        ...way,
        proxy: { https: 'http://p:1', noProxy },
      })[0];
    for (const noProxy of ['*', 'example.com', '.example.com', 'a, registry.example.com'])
      expect(of(noProxy)?.proxy).toBeUndefined();
    expect(of('ample.com')?.proxy).toBe('http://p:1/');
  });
});
