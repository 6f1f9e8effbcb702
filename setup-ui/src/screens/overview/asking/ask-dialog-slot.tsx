import { lazy, Suspense, type ReactNode } from 'react';
import type { DialogProps } from './dialog-props.ts';

const AskDialog = lazy(async () => ({ default: (await import('./ask-dialog.tsx')).AskDialog }));

/** Where the dialog of a screen opens. It comes over the wire when first needed. */
export function AskDialogSlot(props: DialogProps): ReactNode {
  if (props.asking.open === undefined) return null;
  return (
    <Suspense>
      <AskDialog {...props} />
    </Suspense>
  );
}
