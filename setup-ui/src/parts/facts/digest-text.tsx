import type { ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { CopyButton } from './copy-button.tsx';
import { shortDigest } from './format.ts';

/** Twelve characters of a digest; the whole one is copied (E-18). */
export function DigestText(props: { readonly digest: string }): ReactNode {
  const { t } = useWords();
  return (
    <span className="inline-flex items-center gap-0.5 whitespace-nowrap">
      <code className="font-mono text-[0.8125em]" title={props.digest}>
        {shortDigest(props.digest)}
      </code>
      <CopyButton
        isCompact
        text={props.digest}
        what={t('parts.digest.short', { short: shortDigest(props.digest) })}
      />
    </span>
  );
}
