import { Switch as Primitive } from 'radix-ui';
import { useId, type ReactNode } from 'react';

/** On or off, at once. */
export function Switch(props: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly isDisabled?: boolean;
}): ReactNode {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Primitive.Root
        id={id}
        checked={props.isOn}
        disabled={props.isDisabled}
        onCheckedChange={props.onChange}
        aria-describedby={props.help === undefined ? undefined : `${id}-help`}
        className="switch mt-0.5 h-6 w-10 shrink-0 cursor-pointer rounded-full border border-edge-strong bg-sunken data-[state=checked]:border-transparent data-[state=checked]:bg-accent disabled:cursor-not-allowed disabled:opacity-60"
      >
        <Primitive.Thumb className="switch-thumb block size-4 translate-x-1 rounded-full bg-edge-strong transition-transform duration-100 data-[state=checked]:translate-x-4.5 data-[state=checked]:bg-on-accent" />
      </Primitive.Root>
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm font-medium">
          {props.label}
        </label>
        {props.help !== undefined && (
          <p id={`${id}-help`} className="text-sm text-muted">
            {props.help}
          </p>
        )}
      </div>
    </div>
  );
}
