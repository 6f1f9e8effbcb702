import type { ComponentHealth } from '../../../contract/appliance.ts';
import { safeLine, type ProblemCode } from '../../../contract/problem.ts';

/** What one look at a component's objects says. */
export interface Finding {
  readonly state: ComponentHealth['state'];
  readonly detail: string;
  readonly code?: ProblemCode;
}

export const ready = (detail: string): Finding => ({ state: 'ready', detail });
export const progressing = (detail: string, code?: ProblemCode): Finding => ({
  state: 'progressing',
  detail: safeLine(detail),
  ...(code === undefined ? {} : { code }),
});
export const failed = (code: ProblemCode, detail: string): Finding => ({
  state: 'failed',
  detail: safeLine(detail),
  code,
});
export const missing = (detail: string): Finding => ({
  state: 'missing',
  detail: safeLine(detail),
  code: 'observe.component-missing',
});
