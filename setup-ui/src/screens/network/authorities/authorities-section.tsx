import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { useWords } from '../../../words/words.tsx';
import { FixedNote } from '../fixed-note.tsx';
import { anchorOf } from '../model/address.ts';
import { isListed } from '../model/authorities.ts';
import type { NetworkForm } from '../model/form.ts';
import { AddAuthority } from './add-authority.tsx';
import { AuthorityItem } from './authority-item.tsx';

/** Authorities that count beside the public ones: those of a proxy that opens connections, or of a registry in the house. */
export function AuthoritiesSection(props: { readonly form: NetworkForm }): ReactNode {
  const { t } = useWords();
  const { form } = props;
  const { view, draft, isReadOnly } = form;
  const isNone = view.authorities.length === 0 && draft.added.length === 0;
  return (
    <Card title={t('network.authorities.title')} id={anchorOf('authorities')} className="scroll-mt-6">
      <div className="max-w-2xl space-y-4">
        <p className="text-sm text-muted">{t('network.authorities.intro')}</p>
        {view.fixed.ca && <FixedNote />}
        {isNone ? (
          <p className="text-sm">{t('network.authorities.none')}</p>
        ) : (
          <ul className="divide-y divide-line rounded-md border border-line">
            {view.authorities.map((authority) => (
              <AuthorityItem key={authority.fingerprint} authority={authority} form={form} />
            ))}
            {draft.added.map((block, index) => (
              <AddedItem key={block} block={block} number={index + 1} form={form} />
            ))}
          </ul>
        )}
        {!isListed(view) && !isReadOnly && (
          <p className="text-sm text-muted">{t('network.authorities.together')}</p>
        )}
        {!isReadOnly && <AddAuthority form={form} />}
      </div>
    </Card>
  );
}

/** Typed here and not saved yet: what it says of itself, the box reads when it is tested or saved. */
function AddedItem(props: {
  readonly block: string;
  readonly number: number;
  readonly form: NetworkForm;
}): ReactNode {
  const { t } = useWords();
  const { block, number, form } = props;
  const remove = (): void =>
    form.change((before) => ({ ...before, added: before.added.filter((one) => one !== block) }));
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 p-3 text-sm">
      <span className="min-w-0 font-medium">{t('network.authorities.new', { n: number })}</span>
      <Button
        className="min-h-7 px-2 py-0.5"
        aria-label={t('network.remove-what', { what: t('network.authorities.new', { n: number }) })}
        onClick={remove}
      >
        {t('network.remove')}
      </Button>
    </li>
  );
}
