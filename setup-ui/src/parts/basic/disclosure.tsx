import type { ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { cx } from './class-names.ts';
import { Icon } from './icon.tsx';

/** Closed by default: "technical details" and the like. The browser's own element, so that search in the page opens it. */
export function Disclosure(props: {
  /** Default: "Technical details". */
  readonly title?: ReactNode;
  readonly isOpenAtFirst?: boolean;
  /** A link that leads into it opens it. */
  readonly opensByAddress?: boolean;
  readonly onOpen?: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  const { t } = useWords();
  return (
    <details
      open={props.isOpenAtFirst}
      onToggle={({ currentTarget }) => currentTarget.open && props.onOpen?.()}
      data-opens={props.opensByAddress === true ? '' : undefined}
      className={cx('disclosure', props.className)}
    >
      <summary className="inline-flex min-h-6 max-w-full cursor-pointer items-center gap-1.5 rounded text-sm font-medium text-muted hover:text-ink">
        <Icon name="chevron" className="chevron size-3.5" />
        {props.title ?? t('common.technicalDetails')}
      </summary>
      <div className="mt-2">{props.children}</div>
    </details>
  );
}
