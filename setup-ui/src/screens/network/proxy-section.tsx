import type { ReactNode } from 'react';
import { Card } from '../../parts/basic/card.tsx';
import { useWords } from '../../words/words.tsx';
import { CredentialFields } from './credential-fields.tsx';
import { FixedNote } from './fixed-note.tsx';
import { anchorOf } from './model/address.ts';
import type { NetworkForm } from './model/form.ts';
import { NetworkField } from './network-field.tsx';

/** The proxy of the customer's network. */
export function ProxySection(props: { readonly form: NetworkForm }): ReactNode {
  const { t } = useWords();
  const { form } = props;
  return (
    <Card title={t('network.proxy.title')} id={anchorOf('proxy')} className="scroll-mt-6">
      <div className="max-w-2xl space-y-4">
        <p className="text-sm text-muted">{t('network.proxy.intro')}</p>
        {form.view.fixed.proxy && <FixedNote />}
        <NetworkField
          form={form}
          name="https"
          label={t('network.proxy.https')}
          help={t('network.proxy.https-help')}
          placeholder="http://proxy.example.com:3128"
        />
        <NetworkField
          form={form}
          name="http"
          label={t('network.proxy.http')}
          help={t('network.proxy.http-help')}
        />
        <NetworkField
          form={form}
          name="noProxy"
          label={t('network.proxy.exceptions')}
          help={t('network.proxy.exceptions-help')}
        />
        <CredentialFields
          form={form}
          of="proxy"
          fields={['proxy.user', 'proxy.password']}
          stored={form.view.proxyCredential}
        />
      </div>
    </Card>
  );
}
