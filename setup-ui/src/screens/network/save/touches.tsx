import type { NetworkPreview } from 'host-service/contract/network/view.ts';
import type { ReactNode } from 'react';
import { useWords } from '../../../words/words.tsx';

/** What saving leads to, in the order in which it happens. */
export function Touches(props: { readonly touches: NetworkPreview['touches'] }): ReactNode {
  const { t } = useWords();
  const { touches } = props;
  if (touches.length === 0) return <p>{t('network.touch.none')}</p>;
  return (
    <>
      <p>{t('network.touch.intro')}</p>
      <ul className="list-disc space-y-1 ps-5">
        {touches.map((touch) => (
          <li key={touch} data-touch={touch}>
            {t(`network.touch.${touch}`)}
          </li>
        ))}
      </ul>
    </>
  );
}
