import type { ChannelCard } from 'host-service/contract/api/setup.ts';
import { useId, type ReactNode } from 'react';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { bytesText, relativeTime } from '../../../parts/facts/format.ts';
import { useNow } from '../../../parts/facts/now.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';

/** Channels as cards: for whom, what it leads to now, how large, what the vendor says about it. */
export function ChannelChoice(props: {
  readonly channels: readonly ChannelCard[];
  readonly chosen: string;
  readonly isReadOnly: boolean;
  readonly onChoose: (name: string) => void;
}): ReactNode {
  const { t } = useWords();
  const name = useId();
  return (
    <fieldset className="min-w-0" disabled={props.isReadOnly}>
      <legend className="sr-only">{t('setup.release.legend')}</legend>
      <div className="grid gap-3 md:grid-cols-2">
        {props.channels.map((channel) => {
          const isChosen = channel.name === props.chosen;
          return (
            <div
              key={channel.name}
              data-channel={channel.name}
              className={cx(
                'flex min-w-0 flex-col gap-3 rounded-lg border bg-surface p-4',
                isChosen ? 'border-accent-text ring-1 ring-accent-text' : 'border-line',
              )}
            >
              <label className="radio-card flex min-h-6 cursor-pointer gap-3 has-disabled:cursor-not-allowed">
                <input
                  type="radio"
                  name={name}
                  value={channel.name}
                  checked={isChosen}
                  onChange={() => props.onChoose(channel.name)}
                  aria-describedby={`${name}-${channel.name}`}
                  className="mt-1 size-4 shrink-0 accent-accent-text"
                />
                <span className="min-w-0">
                  <span className="block font-semibold wrap-break-word">{channel.title}</span>
                  <span id={`${name}-${channel.name}`} className="block text-sm text-muted wrap-break-word">
                    {channel.description}
                  </span>
                </span>
              </label>
              <Leads channel={channel} />
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

/** What the channel leads to at this moment. */
function Leads(props: { readonly channel: ChannelCard }): ReactNode {
  const { t, tag } = useWords();
  const now = useNow(60_000);
  const { release, problem } = props.channel;
  if (release === undefined && problem === undefined)
    return <p className="text-sm text-muted">{t('setup.release.unasked')}</p>;
  const age =
    release?.released === undefined
      ? undefined
      : (relativeTime(Date.parse(release.released), now, tag) ?? t('parts.time.now'));
  const facts = [
    age === undefined ? undefined : t('setup.release.released', { age }),
    release?.bytes === undefined
      ? undefined
      : t('setup.release.size', { bytes: bytesText(release.bytes, tag) }),
  ].filter((fact) => fact !== undefined);
  return (
    <div className="space-y-2 border-t border-line pt-3 text-sm">
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {release !== undefined && (
        <>
          <p className="flex flex-wrap items-baseline gap-x-3">
            <span className="tabular text-lg font-semibold wrap-anywhere">{release.version}</span>
            <span className="text-muted">{facts.join(' · ')}</span>
          </p>
          {release.notes !== undefined && release.notes !== '' && (
            <Disclosure title={t('setup.release.notes')}>
              <p lang="en" className="whitespace-pre-wrap wrap-break-word">
                {release.notes}
              </p>
            </Disclosure>
          )}
        </>
      )}
    </div>
  );
}
