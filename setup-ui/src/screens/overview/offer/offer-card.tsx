import type { ReactNode } from 'react';
import { Card, Section } from '../../../parts/basic/card.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { Said } from '../model/said.tsx';
import { PlanView } from '../plan/plan-view.tsx';
import type { PlanFacts } from '../plan/derive-plan.ts';
import { Notes } from '../release/release-card.tsx';
import type { Judged, Offer } from './derive-offer.ts';
import { AllRules, RuleWords } from './rule-list.tsx';

/** What could come next, why or why not, and what it would do before the first byte (S5, R-23). */
export function OfferCard(props: {
  readonly offer: Offer;
  readonly plan: PlanFacts | undefined;
  /** The page's one primary button is here, not in the hero. */
  readonly isPrimary: boolean;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const { offer, plan, context } = props;
  const candidates = offer.judged.filter(({ outcome }) => outcome !== 'runs');
  return (
    <Card title={t('overview.offer.title')}>
      <div className="space-y-4" data-offer={offer.kind}>
        <p className="text-lg font-medium wrap-break-word">
          <Said of={offer.headline} />
        </p>
        {candidates.map((judged, index) => (
          <Why key={judged.digest ?? index} judged={judged} />
        ))}
        {offer.notes !== undefined && <Notes title={t('overview.offer.notes')} text={offer.notes} />}
        {plan !== undefined && (
          <Section title={t(offer.kind === 'under-way' ? 'overview.plan.title-open' : 'overview.plan.title')}>
            <PlanView plan={plan} />
          </Section>
        )}
        {offer.approve !== undefined && (
          <AskButton ask={offer.approve} context={context} kind={props.isPrimary ? 'primary' : 'secondary'} />
        )}
        {offer.judged.map((judged, index) => (
          <AllRules key={judged.digest ?? index} judged={judged} />
        ))}
      </div>
    </Card>
  );
}

/** The rules that decided about a release. */
function Why(props: { readonly judged: Judged }): ReactNode {
  const { t } = useWords();
  const { outcome, decisive, version } = props.judged;
  if (outcome === 'go') return <p className="text-sm">{t('overview.offer.why-ok')}</p>;
  if (decisive.length === 0) return null;
  const title = t(outcome === 'refused' ? 'overview.offer.why-not' : 'overview.offer.why-wait');
  return (
    <Section title={version === undefined ? title : `${title} (${version})`}>
      <ul className="space-y-2 text-sm">
        {decisive.map((row) => (
          <li key={row.rule} data-rule={row.rule}>
            <RuleWords row={row} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
