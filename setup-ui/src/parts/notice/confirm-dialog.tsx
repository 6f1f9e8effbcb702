import { lazy, Suspense, useState, type ReactNode } from 'react';
import type { ConfirmDialogProps } from './confirm-dialog-props.ts';

const Body = lazy(async () => ({ default: (await import('./confirm-dialog-body.tsx')).ConfirmDialogBody }));

/** Asks before something is done that cannot be taken back by a click (E-19). Comes over the wire when first needed. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const [wasOpen, setWasOpen] = useState(props.isOpen);
  if (props.isOpen && !wasOpen) setWasOpen(true);
  if (!wasOpen) return null;
  return (
    <Suspense>
      <Body {...props} />
    </Suspense>
  );
}
