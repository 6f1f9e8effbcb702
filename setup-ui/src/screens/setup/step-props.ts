import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Standing } from '../overview/model/gates.ts';
import type { Draft } from './model/use-draft.ts';

/** What every step of the wizard gets. */
export interface StepProps {
  readonly setup: SetupView;
  readonly status: StatusView;
  readonly draft: Draft;
  readonly standing: Standing;
  /** The draft can no longer be changed, or not by this person. */
  readonly isReadOnly: boolean;
  /** The draft as the page knows it at this moment, for what goes on after an answer of the box. */
  readonly newest: () => SetupView | undefined;
}
