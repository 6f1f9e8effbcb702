import type { ReactNode } from 'react';
import { Card } from '../../../../parts/basic/card.tsx';
import { Icon, type IconName } from '../../../../parts/basic/icon.tsx';
import { DigestText } from '../../../../parts/facts/digest-text.tsx';
import { bytesText } from '../../../../parts/facts/format.ts';
import { ProgressBar } from '../../../../parts/facts/progress-bar.tsx';
import { Time } from '../../../../parts/facts/time.tsx';
import { useProblemWords } from '../../../../words/problem-words.ts';
import { useWords } from '../../../../words/words.tsx';
import type { Download, Downloads } from './derive-downloads.ts';

const ICONS: Readonly<Record<Download['state'], IconName>> = {
  waiting: 'clock',
  pulling: 'down',
  present: 'check',
  failed: 'refresh',
};

/** What is on its way to the box: bytes of all, and of each part with its tries (E-01). */
export function DownloadsCard(props: {
  readonly downloads: Downloads;
  readonly isPaused: boolean;
}): ReactNode {
  const { t, tag } = useWords();
  const { rows, bytes, total, present } = props.downloads;
  const values = { bytes: bytesText(bytes, tag), total: bytesText(total, tag) };
  return (
    <Card
      title={t('setup.downloads.title')}
      aside={
        <span className="tabular text-sm text-muted">
          {t('setup.downloads.count', { present, n: rows.length })}
        </span>
      }
    >
      <ProgressBar
        done={bytes}
        total={total}
        label={t(props.isPaused ? 'setup.downloads.paused' : 'setup.downloads.sum', values)}
      />
      <ul className="mt-3 divide-y divide-line">
        {rows.map((row) => (
          <Row key={row.digest} row={row} />
        ))}
      </ul>
    </Card>
  );
}

function Row(props: { readonly row: Download }): ReactNode {
  const { t, tag } = useWords();
  const { row } = props;
  const { bytes = 0, total } = row;
  const isBad = row.state === 'failed';
  return (
    <li data-download={row.state} className="space-y-1 py-2 text-sm last:pb-0">
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="flex min-w-0 flex-1 basis-40 items-start gap-2">
          <Icon name={ICONS[row.state]} className={isBad ? 'mt-0.5 text-warn' : 'mt-0.5 text-muted'} />
          <span className="min-w-0 wrap-anywhere">{row.what}</span>
        </span>
        <span className="tabular flex flex-wrap items-center gap-x-3 text-muted">
          <span className={isBad ? 'font-medium text-warn' : undefined}>
            {t(`setup.downloads.${row.state}`)}
          </span>
          {total !== undefined && (
            <span>
              {row.state === 'present' || bytes === 0
                ? bytesText(total, tag)
                : t('setup.downloads.of', { bytes: bytesText(bytes, tag), total: bytesText(total, tag) })}
            </span>
          )}
          <DigestText digest={row.digest} />
        </span>
      </div>
      {row.state === 'pulling' && total !== undefined && <Share share={bytes / Math.max(1, total)} />}
      <Tries row={row} />
    </li>
  );
}

/** Beside the words, not instead of them. */
function Share(props: { readonly share: number }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 1000 10"
      preserveAspectRatio="none"
      className="block h-1 w-full overflow-hidden rounded bg-sunken"
    >
      <rect width={1000 * Math.min(1, props.share)} height="10" className="fill-accent" />
    </svg>
  );
}

/** What went wrong last, how often, and since when. */
function Tries(props: { readonly row: Download }): ReactNode {
  const { t } = useWords();
  const problemWords = useProblemWords();
  const { retries, code, since, state } = props.row;
  if (retries === 0 && code === undefined) return null;
  return (
    <p className="pl-6 text-xs text-muted wrap-break-word">
      {code !== undefined && `${problemWords(code).title} `}
      {retries > 0 && `${t('setup.downloads.retries', { n: retries })} `}
      {since !== undefined && state === 'failed' && <Time at={since} />}
    </p>
  );
}
