import fc from 'fast-check';
import { OperationDetail, OperationsView } from 'host-service/contract/api/operations.ts';
import { ReleasesView } from 'host-service/contract/api/releases.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { describe, expect, it } from 'vitest';
import { HistoryScreen } from '../../history/history-screen.tsx';
import { OperationScreen } from '../../history/operation-screen.tsx';
import { ReleasesScreen } from '../../releases/releases-screen.tsx';
import { OverviewScreen } from '../overview-screen.tsx';
import { arbitraryOf } from './arbitrary.ts';
import { markupOf } from './render.tsx';

const RUNS = 150;
const locale = fc.constantFrom('en' as const, 'de' as const);
const role = fc.constantFrom('admin' as const, 'viewer' as const);
const status = arbitraryOf(StatusView);
const releases = arbitraryOf(ReleasesView);
/** A message without words comes out as its key. */
const KEY = /\b(overview|releases|history|rules|states)\.[a-z]+[.-]/;

describe('the screens', () => {
  it('B-56 stand for every status that the contract allows, in both languages', () => {
    fc.assert(
      fc.property(status, releases, locale, role, (view, known, language, who) => {
        const markup = markupOf(<OverviewScreen />, {
          status: view,
          releases: known,
          locale: language,
          role: who,
        });
        expect(markup).toContain('hero-headline');
        expect(markup.replace(/(data-state|class)="[^"]*"/g, '')).not.toMatch(KEY);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('show any set of releases', () => {
    fc.assert(
      fc.property(status, releases, locale, (view, known, language) => {
        const markup = markupOf(<ReleasesScreen />, { status: view, releases: known, locale: language });
        for (const { version } of known.releases) expect(markup).toContain(`data-release="${version}"`);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('show any history and any operation', () => {
    fc.assert(
      fc.property(
        arbitraryOf(OperationsView),
        arbitraryOf(OperationDetail),
        locale,
        (operations, one, language) => {
          const list = markupOf(<HistoryScreen />, { operations, locale: language });
          for (const { name } of operations.operations) expect(list).toContain(`data-operation="${name}"`);
          const detail = markupOf(<OperationScreen name={one.name} />, { operation: one, locale: language });
          for (const { n } of one.events) expect(detail).toContain(`data-event="${n}"`);
        },
      ),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('hold the place of what is on its way, and jump to nothing', () => {
    for (const screen of [<OverviewScreen key="o" />, <ReleasesScreen key="r" />, <HistoryScreen key="h" />])
      expect(markupOf(screen)).toContain('Loading');
  });
});
