import type { ReactNode } from 'react';
import { Card } from '../../parts/basic/card.tsx';
import { useWords } from '../../words/words.tsx';
import { anchorOf } from './model/address.ts';
import type { NetworkForm } from './model/form.ts';
import { NetworkField } from './network-field.tsx';

/** Name servers and time servers of the box; empty = those that the network gives. */
export function ServersSections(props: { readonly form: NetworkForm }): ReactNode {
  const { t } = useWords();
  const { form } = props;
  return (
    <div className="grid gap-5 md:grid-cols-2 [&>*]:min-w-0">
      <Card title={t('network.resolvers.title')} id={anchorOf('resolvers')} className="scroll-mt-6">
        <NetworkField
          form={form}
          name="resolvers"
          kind="lines"
          label={t('network.resolvers.label')}
          help={t('network.resolvers.help')}
          placeholder="192.168.1.1"
        />
      </Card>
      <Card title={t('network.time.title')} id={anchorOf('time')} className="scroll-mt-6">
        <NetworkField
          form={form}
          name="timeServers"
          kind="lines"
          label={t('network.time.label')}
          help={t('network.time.help')}
          placeholder="time.example.com"
        />
      </Card>
    </div>
  );
}
