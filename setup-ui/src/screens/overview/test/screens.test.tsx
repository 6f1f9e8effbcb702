import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import { RuleId } from 'host-service/contract/trace.ts';
import { describe, expect, it } from 'vitest';
import { HistoryScreen } from '../../history/history-screen.tsx';
import { ReleasesScreen } from '../../releases/releases-screen.tsx';
import { OverviewScreen } from '../overview-screen.tsx';
import { markupOf, readableOf, type Known } from './render.tsx';
import { ago, operationOf, part, planTo, refOf, releaseOf, rule, V1, V2, viewOf } from './views.ts';

const KUBERNETES =
  /\b(pods?|namespaces?|kubernetes|k3s|kubectl|helm\w*|flux|kustomiz\w*|ocirepositor\w*|deployments?|statefulsets?|configmaps?|daemonsets?|crd|etcd|containers?)\b/i;

const overview = (known: Known) => readableOf(markupOf(<OverviewScreen />, known));
const offered = viewOf({
  available: refOf(V2),
  plan: planTo(),
  trace: [rule('policy', 'wait', { code: 'plan.approval-needed' })],
});
const busy = viewOf(
  {
    components: [part({ state: 'progressing', detail: 'Deployment has 0 of 1 pods ready' })],
    phase: 'updating',
  },
  { operation: operationOf() },
);
const trouble = viewOf({
  phase: 'degraded',
  components: [part({ state: 'failed', code: 'observe.crash-loop', detail: 'pod web-1 restarts' })],
  tiers: { login: 'failed' },
});

describe('the overview', () => {
  it('R-47 says no word of Kubernetes unless technical details are open, in both languages', () => {
    const views = [
      offered,
      busy,
      trouble,
      viewOf({ trace: RuleId.options.map((id) => rule(id, 'refuse', { detail: 'helm pod' })) }),
      ...(Object.keys(PROBLEMS) as ProblemCode[]).map((code) => viewOf({ problems: [{ code, detail: '' }] })),
    ];
    for (const status of views) {
      for (const locale of ['en', 'de'] as const) {
        const text = overview({ status, locale }).replace(/Code [a-z.-]+/g, '');
        expect(KUBERNETES.exec(text)?.[0]).toBeUndefined();
      }
    }
    expect(markupOf(<OverviewScreen />, { status: busy })).toContain('0 of 1 pods ready');
  }, 60_000);

  it('shows the plan before the first byte: what, how much, from where, and the way back', () => {
    const text = overview({ status: offered });
    for (const words of [
      '1.4 GB',
      'ghcr.io',
      'Switch to the release',
      'There is a way back',
      'Update to 1.1.0',
    ])
      expect(text).toContain(words);
  });

  it('R-25 shows everything to a viewer and lets him change nothing, with the reason', () => {
    const markup = markupOf(<OverviewScreen />, { status: offered, role: 'viewer' });
    const asks = [...markup.matchAll(/<button[^>]*data-ask="[^"]*"[^>]*>/g)].map(([tag]) => tag);
    expect(asks.length).toBeGreaterThan(5);
    expect(asks.filter((tag) => !tag.includes('aria-disabled="true"'))).toEqual([]);
    expect(readableOf(markup)).toContain('Your account may look but not change anything.');
    expect(readableOf(markup)).toContain('1.4 GB');
  });

  it('R-06 says nothing about failure when there is no connection, and stops asking', () => {
    const known: Known = { status: busy, freshness: { kind: 'offline', sinceMs: 90_000 } };
    expect(overview(known)).toContain('Waiting for “Sign-in page”.');
    const markup = markupOf(<OverviewScreen />, known);
    expect(/<button[^>]*data-ask="cancel"[^>]*>/.exec(markup)?.[0]).toContain('aria-disabled="true"');
    expect(markup).toContain('data-tone="plain"');
  });

  it('R-05 says that it went on after an interruption, who asked for it and why', () => {
    const told = (kind: 'power' | 'restart'): string => {
      const continued = { stoppedAt: ago(7_200), at: ago(60), kind };
      return overview({ status: viewOf({}, { operation: operationOf({ resumes: 2, continued }) }) });
    };
    const text = told('power');
    expect(text).toMatch(/Continued after power loss at \d\d:\d\d( [AP]M)?, nothing lost\./);
    expect(told('restart')).toMatch(/Continued after a restart of this program at .*, nothing lost\./);
    expect(told('restart')).not.toContain('power loss');
    expect(text).toContain('admin, on this page');
    expect(text).toContain('maintenance window');
  });

  it('R-12 says who has paused it since when, offers to go on, and measures nothing meanwhile', () => {
    const paused = { by: 'eve', via: 'cli' as const, at: ago(30), reason: 'opening hours' };
    const view = viewOf({ phase: 'paused' }, { operation: operationOf({ paused }) });
    const text = overview({ status: view });
    expect(text).toMatch(/Paused by eve since \d\d:\d\d( [AP]M)?\. \(opening hours\)/);
    const markup = markupOf(<OverviewScreen />, { status: view });
    expect(markup).toContain('data-ask="resume"');
    expect(markup).not.toContain('data-ask="pause"');
    expect(markup).not.toContain('data-pace');
    expect(markup).toContain('data-ask="cancel"');
  });

  it('S2 never shows a secret, even if one came among the settings by mistake', () => {
    const questions = { key: { type: 'secret', title: 'Licence key' } } as const;
    const markup = markupOf(<OverviewScreen />, {
      status: viewOf({}, { questions, settings: { key: 'hunter2' } }),
    });
    expect(markup).toContain('Licence key');
    expect(markup).not.toContain('hunter2');
  });

  it('says UNSIGNED with the day on which that was accepted', () => {
    const release = releaseOf({
      ...V1,
      signed: false,
      keyIds: [],
      isRunning: true,
      admittedAt: '2026-05-01T08:00:00Z',
    });
    const running = refOf(V1, { signed: false, keyIds: [] });
    const text = overview({ status: viewOf({ running }), releases: { releases: [release] } });
    expect(text).toMatch(/UNSIGNED, admitted\s+May 1, 2026/);
  });
});

describe('the list of releases', () => {
  it('R-09 shows what failed here with its reason, and offers another try', () => {
    const quarantine = {
      reason: { code: 'observe.crash-loop' as const, detail: 'web stops' },
      at: '2026-05-04T09:00:00Z',
      attempts: 2,
    };
    const releases = { releases: [releaseOf({ quarantine, isAvailable: false })] };
    const text = readableOf(markupOf(<ReleasesScreen />, { status: viewOf(), releases }));
    for (const words of ['Failed here', 'web stops', '2 attempts failed', 'Try 1.1.0 again'])
      expect(text).toContain(words);
  });

  it('is empty with a reason', () => {
    const text = readableOf(markupOf(<ReleasesScreen />, { status: viewOf(), releases: { releases: [] } }));
    expect(text).toContain('The box does not know any release yet.');
  });
});

describe('the history', () => {
  it('E-12 leads to each operation by an address of its own', () => {
    const operation = operationOf({ outcome: 'succeeded', endedAt: '2026-05-04T09:59:00Z' });
    const markup = markupOf(<HistoryScreen />, { operations: { operations: [operation] } });
    expect(markup).toContain(`href="/history/${operation.name}"`);
    expect(readableOf(markup)).toContain('Update from 1.0.0 to 1.1.0');
  });

  it('is empty with a reason', () => {
    const text = readableOf(markupOf(<HistoryScreen />, { operations: { operations: [] } }));
    expect(text).toContain('Nothing has been done on this box yet.');
  });
});
