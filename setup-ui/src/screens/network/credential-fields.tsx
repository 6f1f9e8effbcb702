import type { ReactNode } from 'react';
import { Button } from '../../parts/basic/button.tsx';
import { useWords } from '../../words/words.tsx';
import type { NetworkForm } from './model/form.ts';
import type { FieldName } from './model/network-draft.ts';
import { NetworkField } from './network-field.tsx';

/** Name and password for the proxy or a host. The password is written and never read back (S2). */
export function CredentialFields(props: {
  readonly form: NetworkForm;
  /** `proxy`, or the host. */
  readonly of: string;
  readonly fields: readonly [user: FieldName, password: FieldName];
  /** What is stored; undefined = the box does not say. */
  readonly stored: { readonly isSet: boolean; readonly user?: string | undefined } | undefined;
}): ReactNode {
  const { t } = useWords();
  const { form, of, fields } = props;
  const stored = props.stored ?? { isSet: false };
  const [user, password] = fields;
  const isForgotten = form.draft.forgotten.includes(of);
  const toggle = (): void =>
    form.change((before) => ({
      ...before,
      texts: { ...before.texts, [user]: undefined, [password]: undefined },
      forgotten: isForgotten ? before.forgotten.filter((one) => one !== of) : [...before.forgotten, of],
    }));
  const state =
    props.stored === undefined
      ? t('network.credential.mirror', { host: of })
      : !stored.isSet
        ? t('network.credential.none')
        : isForgotten
          ? t('network.credential.forgotten')
          : stored.user === undefined
            ? t('network.credential.stored')
            : t('network.credential.stored-for', { user: stored.user });
  return (
    <div className="space-y-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <span className="min-w-0 wrap-anywhere">{state}</span>
        {stored.isSet && !form.isReadOnly && (
          <Button
            className="min-h-7 px-2 py-0.5"
            aria-label={t(isForgotten ? 'network.credential.keep-what' : 'network.credential.forget-what', {
              what: of === 'proxy' ? t('network.proxy.title') : of,
            })}
            onClick={toggle}
          >
            {t(isForgotten ? 'network.keep' : 'network.remove')}
          </Button>
        )}
      </p>
      {!isForgotten && !form.isReadOnly && (
        <div className="grid gap-4 sm:grid-cols-2">
          <NetworkField form={form} name={user} label={t('network.credential.user')} />
          <NetworkField
            form={form}
            name={password}
            kind="password"
            label={t('network.credential.password')}
            help={stored.isSet ? t('network.credential.password-help') : undefined}
          />
        </div>
      )}
    </div>
  );
}
