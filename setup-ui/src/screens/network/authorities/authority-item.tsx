import type { NetworkView } from 'host-service/contract/network/view.ts';
import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { useNow } from '../../../parts/facts/now.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import type { NetworkForm } from '../model/form.ts';

/** One authority that was added: who it is, who stands behind it, until when, and its fingerprint to compare. */
export function AuthorityItem(props: {
  readonly authority: NetworkView['authorities'][number];
  readonly form: NetworkForm;
}): ReactNode {
  const { t } = useWords();
  const { authority, form } = props;
  const { subject, issuer, validTo, fingerprint } = authority;
  const isRemoved = form.draft.removed.includes(fingerprint);
  const hasEnded = Date.parse(validTo) < useNow();
  const toggle = (): void =>
    form.change(({ removed, ...before }) => ({
      ...before,
      removed: isRemoved ? removed.filter((one) => one !== fingerprint) : [...removed, fingerprint],
    }));
  return (
    <li className="space-y-1 p-3 text-sm" data-authority={fingerprint}>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <p className={cx('min-w-0 flex-1 basis-40 font-medium wrap-anywhere', isRemoved && 'line-through')}>
          {subject}
        </p>
        {!form.isReadOnly && (
          <Button
            className="min-h-7 px-2 py-0.5"
            aria-label={t(isRemoved ? 'network.keep-what' : 'network.remove-what', { what: subject })}
            onClick={toggle}
          >
            {t(isRemoved ? 'network.keep' : 'network.remove')}
          </Button>
        )}
      </div>
      {isRemoved && <p className="text-warn">{t('network.authorities.removed')}</p>}
      <p className="text-muted wrap-anywhere">
        {issuer === subject ? t('network.authorities.own') : t('network.authorities.issuer', { issuer })}
      </p>
      <p className={hasEnded ? 'text-bad' : 'text-muted'}>
        {t(hasEnded ? 'network.authorities.ended' : 'network.authorities.until')}{' '}
        <Time at={validTo} form="absolute" />
      </p>
      <Disclosure title={t('network.authorities.fingerprint')}>
        <code className="font-mono text-xs wrap-anywhere">{pairsOf(fingerprint)}</code>
      </Disclosure>
    </li>
  );
}

/** As other programs show it, so that it can be compared. */
const pairsOf = (hex: string): string => (hex.toUpperCase().match(/.{1,2}/g) ?? []).join(':');
