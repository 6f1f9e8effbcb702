import type { NetworkView } from 'host-service/contract/network/view.ts';
import type { ReactNode } from 'react';
import { Icon } from '../../parts/basic/icon.tsx';
import { useWords } from '../../words/words.tsx';

/** What the box's own program does not do of what is set here, each with its reason. */
export function Rejected(props: { readonly rows: NetworkView['rejected'] }): ReactNode {
  const { t } = useWords();
  if (props.rows.length === 0) return null;
  return (
    <section className="rounded-md border border-warn-line bg-warn-soft p-3 text-sm">
      <h2 className="flex gap-2 font-semibold">
        <Icon name="alert" className="mt-0.5 text-warn" />
        {t('network.rejected')}
      </h2>
      <ul className="mt-1 list-disc space-y-0.5 ps-10">
        {props.rows.map(({ host, what, code }) => (
          <li key={`${host} ${what} ${code}`} lang="en" className="wrap-anywhere">
            {host}: {what}
          </li>
        ))}
      </ul>
    </section>
  );
}
