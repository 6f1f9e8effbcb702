import type { ReactNode } from 'react';
import { cx } from '../../../parts/basic/class-names.ts';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { useWords } from '../../../words/words.tsx';
import type { KeptDraft, SaveState } from '../model/draft-keeper.ts';

const LOOKS: Readonly<Record<SaveState, { readonly icon: IconName; readonly colour: string }>> = {
  idle: { icon: 'check', colour: 'text-muted' },
  unsaved: { icon: 'clock', colour: 'text-muted' },
  saving: { icon: 'clock', colour: 'text-muted' },
  saved: { icon: 'check', colour: 'text-good' },
  failed: { icon: 'alert', colour: 'text-warn' },
};

/** Whether the box has what was typed; said politely and seldom. */
export function SaveNote(props: { readonly kept: KeptDraft }): ReactNode {
  const { t } = useWords();
  const { state } = props.kept;
  const { icon, colour } = LOOKS[state];
  return (
    <p data-save={state} className={cx('flex min-h-6 items-center gap-1.5 text-sm', colour)}>
      <Icon name={icon} />
      <LiveText text={t(`setup.save.${state}`)} />
    </p>
  );
}
