import type { ReactNode } from 'react';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { Bytes } from '../../../parts/facts/bytes.tsx';
import { DigestText } from '../../../parts/facts/digest-text.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { FactsList } from '../model/facts-list.tsx';
import type { ReleaseFacts, RunningFacts } from './derive-release.ts';

/** The release that runs, by what it was verified, and what one could go back to (S9). */
export function ReleaseCard(props: { readonly facts: RunningFacts }): ReactNode {
  const { t } = useWords();
  const { running, lastGood, isLastGood } = props.facts;
  return (
    <Card title={t('overview.running.title')}>
      {running === undefined ? (
        <p className="text-sm text-muted">
          {t(props.facts.isKnown ? 'overview.running.none' : 'overview.running.unknown')}
        </p>
      ) : (
        <div className="space-y-3">
          <FactsList
            facts={[
              { name: t('overview.running.version'), value: <strong>{running.version}</strong> },
              running.since === undefined
                ? undefined
                : { name: t('overview.running.since'), value: <Time at={running.since} /> },
              { name: t('overview.running.signature'), value: <Signature facts={running} /> },
              { name: t('overview.running.digest'), value: <DigestText digest={running.digest} /> },
              running.size === undefined
                ? undefined
                : { name: t('overview.running.size'), value: <Bytes value={running.size} /> },
              {
                name: t('overview.running.last-good'),
                value: isLastGood
                  ? t('overview.running.last-good-same')
                  : (lastGood?.version ?? t('overview.running.last-good-none')),
              },
            ]}
          />
          {running.notes !== undefined && <Notes title={t('overview.running.notes')} text={running.notes} />}
          {running.ociDigest !== undefined && (
            <Disclosure>
              <FactsList
                facts={[
                  {
                    name: t('overview.running.oci-digest'),
                    value: <DigestText digest={running.ociDigest} />,
                  },
                ]}
              />
            </Disclosure>
          )}
        </div>
      )}
    </Card>
  );
}

/** By which keys a release was verified, or that it is not signed, with the day on which that was accepted. */
export function Signature(props: {
  readonly facts: Pick<ReleaseFacts, 'isSigned' | 'keyIds' | 'admittedAt'>;
}): ReactNode {
  const { t } = useWords();
  const { isSigned, keyIds, admittedAt } = props.facts;
  if (!isSigned) {
    return (
      <span className="inline-flex flex-wrap items-center gap-x-1.5 font-medium text-warn">
        <Icon name="alert" />
        {admittedAt === undefined ? (
          t('overview.running.unsigned')
        ) : (
          <>
            {t('overview.running.unsigned-since')} <Time at={admittedAt} form="absolute" />
          </>
        )}
      </span>
    );
  }
  return (
    <span className="inline-flex items-start gap-1.5">
      <Icon name="shield" className="mt-0.5 text-good" />
      {keyIds.length === 0
        ? t('overview.running.signed')
        : t('overview.running.keys', { n: keyIds.length, keys: keyIds.join(', ') })}
    </span>
  );
}

/** Notes of the vendor: plain text, as he wrote it (E-20). */
export function Notes(props: { readonly title: string; readonly text: string }): ReactNode {
  return (
    <Disclosure title={props.title}>
      <p className="max-h-64 overflow-y-auto text-sm whitespace-pre-wrap wrap-break-word">{props.text}</p>
    </Disclosure>
  );
}
