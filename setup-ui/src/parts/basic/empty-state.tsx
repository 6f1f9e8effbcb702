import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** Says that there is nothing, why, and what comes next. */
export function EmptyState(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly icon?: IconName;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center">
      <Icon name={props.icon ?? 'info'} className="size-6 text-muted" />
      <p className="font-medium">{props.title}</p>
      {props.children !== undefined && <div className="max-w-prose text-sm text-muted">{props.children}</div>}
      {props.action}
    </div>
  );
}
