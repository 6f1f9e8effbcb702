import { Tabs as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';

export interface Tab<V extends string> {
  readonly value: V;
  readonly title: ReactNode;
  readonly content: ReactNode;
}

/** A few views of one thing. */
export function Tabs<V extends string>(props: {
  /** Name of the set for screen readers. */
  readonly label: string;
  readonly tabs: readonly Tab<V>[];
  readonly value: V;
  readonly onChange: (value: V) => void;
}): ReactNode {
  return (
    <Primitive.Root value={props.value} onValueChange={(value) => props.onChange(value as V)}>
      <Primitive.List aria-label={props.label} className="flex gap-1 overflow-x-auto border-b border-line">
        {props.tabs.map((tab) => (
          <Primitive.Trigger
            key={tab.value}
            value={tab.value}
            className="min-h-9 cursor-pointer border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted hover:text-ink data-[state=active]:border-accent-text data-[state=active]:text-ink"
          >
            {tab.title}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {props.tabs.map((tab) => (
        <Primitive.Content key={tab.value} value={tab.value} className="pt-3">
          {tab.content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
