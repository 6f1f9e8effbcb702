import type { ReactNode } from 'react';
import { Card } from '../../../parts/basic/card.tsx';
import { EmptyState } from '../../../parts/basic/empty-state.tsx';
import { useWords } from '../../../words/words.tsx';
import { anchorOf } from '../model/address.ts';
import type { NetworkForm } from '../model/form.ts';
import { HostCard } from './host-card.tsx';
import type { Tests } from './use-tests.ts';

/** The hosts that this box needs, each with its way there and a test. */
export function HostsSection(props: { readonly form: NetworkForm; readonly tests: Tests }): ReactNode {
  const { t } = useWords();
  const { form, tests } = props;
  const { hosts } = form.view;
  return (
    <Card title={t('network.hosts.title')} id={anchorOf('hosts')} className="scroll-mt-6">
      <p className="mb-4 max-w-prose text-sm text-muted">{t('network.hosts.intro')}</p>
      {hosts.length === 0 ? (
        <EmptyState icon="clock" title={t('network.hosts.none')}>
          {t('network.hosts.none-text')}
        </EmptyState>
      ) : (
        <ul className="space-y-4">
          {hosts.map((host) => (
            <HostCard key={host.host} needed={host} form={form} tests={tests} />
          ))}
        </ul>
      )}
    </Card>
  );
}
