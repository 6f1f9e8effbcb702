import type { ReactNode } from 'react';
import { Card } from '../../parts/basic/card.tsx';

/** The one card of a screen before the sign-in. */
export function SessionCard(props: {
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="mx-auto w-full max-w-md">
      <Card>
        <h1 className="text-xl font-semibold wrap-break-word">{props.title}</h1>
        <p className="mt-1 mb-4 text-sm text-muted">{props.text}</p>
        {props.children}
      </Card>
    </div>
  );
}
