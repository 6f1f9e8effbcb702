import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../basic/class-names.ts';
import { Icon, type IconName } from '../basic/icon.tsx';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly onSelect: () => void;
  readonly isDisabled?: boolean;
}

/** A button that opens a short list of actions. */
export function Menu(props: {
  /** Name for screen readers. */
  readonly label: string;
  /** What the button shows. */
  readonly children: ReactNode;
  /** Stands above the items. */
  readonly heading?: ReactNode;
  readonly items: readonly MenuItem[];
}): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={props.label}
        className="inline-flex min-h-9 max-w-48 min-w-0 cursor-pointer items-center gap-2 rounded-md px-2 text-sm hover:bg-sunken"
      >
        {props.children}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-30 max-w-[calc(100vw-1rem)] min-w-48 rounded-md border border-edge bg-surface p-1 text-ink shadow-lg"
        >
          {props.heading !== undefined && (
            <DropdownMenu.Label className="px-2 py-1.5 text-sm text-muted">
              {props.heading}
            </DropdownMenu.Label>
          )}
          {props.items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              disabled={item.isDisabled}
              onSelect={item.onSelect}
              className={cx(
                'flex min-h-9 cursor-pointer items-center gap-2 rounded px-2 text-sm outline-none',
                'data-disabled:cursor-not-allowed data-disabled:opacity-60 data-highlighted:bg-sunken',
              )}
            >
              {item.icon !== undefined && <Icon name={item.icon} />}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
