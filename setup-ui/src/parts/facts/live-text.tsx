import { useEffect, useRef, useState, type ReactNode } from 'react';

/** Milliseconds between two announcements: a screen reader is told what changed, not every change. */
export const ANNOUNCE_MS = 15_000;

/** A text for the eye at once, and for screen readers at most every 15 s. */
export function LiveText(props: {
  readonly text: string;
  /** Said only, not shown. */
  readonly isHidden?: boolean;
  readonly everyMs?: number;
}): ReactNode {
  const { text, everyMs = ANNOUNCE_MS } = props;
  const [said, setSaid] = useState(text);
  const lastMs = useRef(0);
  useEffect(() => {
    if (said === text) return undefined;
    const say = (): void => {
      lastMs.current = Date.now();
      setSaid(text);
    };
    const timer = setTimeout(say, Math.max(0, lastMs.current + everyMs - Date.now()));
    return () => clearTimeout(timer);
  }, [text, said, everyMs]);
  return (
    <>
      {props.isHidden !== true && <span aria-hidden="true">{text}</span>}
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  );
}
