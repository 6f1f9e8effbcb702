import type { ReactNode } from 'react';
import { RadioCards } from '../../../../parts/form/radio-cards.tsx';
import { useWords } from '../../../../words/words.tsx';
import { wantedChannel } from '../../model/facts.ts';
import type { FormProps } from './form-props.ts';
import { usePreview } from './preview.tsx';

/** Chooses a channel and shows what follows; asks about going back only where the channel is older than what runs. */
export function ChannelForm(props: FormProps): ReactNode {
  const { t } = useWords();
  const { view, answers, onChange } = props;
  const current = wantedChannel(view);
  const { channel = current, whenOlder = 'wait' } = answers;
  const isSame = channel === current && whenOlder === view.intent.whenOlder;
  const { facts, element } = usePreview(isSame ? undefined : { channel, whenOlder }, view.intentRevision);
  const asksWhenOlder = (facts?.isOlder ?? false) || whenOlder === 'go-back';
  return (
    <div className="space-y-4">
      <RadioCards
        legend={t('overview.dialog.change-channel.legend')}
        value={channel}
        options={view.channels.map(({ name, title, description }) => ({ value: name, title, description }))}
        onChange={(name) => onChange({ channel: name })}
      />
      {isSame && <p className="text-muted">{t('overview.dialog.change-channel.same')}</p>}
      {asksWhenOlder && (
        <RadioCards
          legend={t('overview.dialog.change-channel.legend-older')}
          value={whenOlder}
          options={(['wait', 'go-back'] as const).map((value) => ({
            value,
            title: t(`overview.dialog.change-channel.${value}`),
            description: t(`overview.dialog.change-channel.${value}-means`),
          }))}
          onChange={(value) => onChange({ whenOlder: value })}
        />
      )}
      {element}
    </div>
  );
}
