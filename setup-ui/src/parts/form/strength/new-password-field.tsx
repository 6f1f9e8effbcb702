import type { ComponentProps, ReactNode } from 'react';
import { PasswordField } from '../password-field.tsx';
import { StrengthMeter, type StrengthMeterProps } from './strength-meter.tsx';

/** A password that is being chosen: how good it is stands below it. */
export function NewPasswordField(
  props: ComponentProps<typeof PasswordField> & {
    readonly value: string;
    readonly strength: Omit<StrengthMeterProps, 'password'>;
  },
): ReactNode {
  const { strength, ...field } = props;
  return (
    <div className="space-y-2">
      <PasswordField autoComplete="new-password" {...field} />
      <StrengthMeter password={field.value} {...strength} />
    </div>
  );
}
