import { useEffect, useState, type ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { Button } from '../basic/button.tsx';
import { copyText } from './copy-text.ts';

/** Copies a text and says so, also to screen readers (E-03). */
export function CopyButton(props: {
  /** What goes to the clipboard; a function for what is made on demand. */
  readonly text: string | (() => string);
  /** Name of it: "Report". The button then says "Copy Report". */
  readonly what?: string;
  /** Icon only; the name stays for screen readers. */
  readonly isCompact?: boolean;
  readonly label?: string;
}): ReactNode {
  const { t } = useWords();
  const [result, setResult] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (result === undefined) return undefined;
    const timer = setTimeout(() => setResult(undefined), 2000);
    return () => clearTimeout(timer);
  }, [result]);
  const label =
    props.label ?? (props.what === undefined ? t('common.copy') : t('parts.copy.what', { what: props.what }));
  const done = props.what === undefined ? t('common.copied') : t('parts.copy.done', { what: props.what });
  const copy = (): void => {
    const text = typeof props.text === 'string' ? props.text : props.text();
    void copyText(text).then((isCopied) => setResult(isCopied ? 'copied' : 'failed'));
  };
  return (
    <span className="inline-flex max-w-full items-center">
      <Button
        kind="quiet"
        icon={result === 'copied' ? 'check' : 'copy'}
        onClick={copy}
        aria-label={props.isCompact ? label : undefined}
        title={props.isCompact ? label : undefined}
        className={props.isCompact ? 'min-h-6 gap-0 p-1' : undefined}
      >
        {props.isCompact ? null : result === 'copied' ? t('common.copied') : label}
      </Button>
      <span role="status" className={result === 'failed' ? 'text-xs text-bad' : 'sr-only'}>
        {result === 'copied' && done}
        {result === 'failed' && t('parts.copy.failed')}
      </span>
    </span>
  );
}
