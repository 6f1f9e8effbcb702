import type { ReactNode } from 'react';

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
}

/** Names and values; on narrow screens one below the other. */
export function FactsList(props: { readonly facts: readonly (Fact | undefined)[] }): ReactNode {
  const facts = props.facts.filter((fact) => fact !== undefined);
  return (
    <dl className="grid grid-cols-1 gap-x-4 gap-y-2 text-sm sm:grid-cols-[minmax(7rem,auto)_1fr] sm:items-baseline">
      {facts.map(({ name, value }) => (
        <div key={name} className="sm:contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
