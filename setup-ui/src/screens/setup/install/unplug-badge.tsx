import type { ReactNode } from 'react';
import { cx } from '../../../parts/basic/class-names.ts';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Unplug } from './unplug.ts';

/** Whether the power may be cut now: sign, word and colour together (E-27). */
export function UnplugBadge(props: { readonly unplug: Unplug }): ReactNode {
  const { t } = useWords();
  const isSafe = props.unplug === 'safe';
  return (
    <p
      data-unplug={props.unplug}
      className={cx(
        'flex items-start gap-2 rounded-md border px-3 py-2 text-sm',
        isSafe ? 'border-good-line bg-good-soft text-good' : 'border-warn-line bg-warn-soft text-warn',
      )}
    >
      <Icon name={isSafe ? 'plug' : 'hand'} className="mt-0.5" />
      <span className="min-w-0 wrap-break-word">
        <strong className="font-semibold">{t(`setup.unplug.${props.unplug}`)}</strong>{' '}
        {t(`setup.unplug.${props.unplug}.why`)}
      </span>
    </p>
  );
}
