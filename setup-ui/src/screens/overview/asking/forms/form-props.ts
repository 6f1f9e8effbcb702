import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Answers } from '../../model/ask.ts';

/** What the form in a dialog gets. */
export interface FormProps {
  readonly view: StatusView;
  readonly releases: readonly ReleaseView[];
  readonly answers: Answers;
  readonly onChange: (answers: Answers) => void;
  /** The person has tried to confirm: mistakes may be shown. */
  readonly isTried: boolean;
}
