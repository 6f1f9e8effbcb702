import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Standing } from '../model/gates.ts';
import type { Asking } from './use-asking.ts';

export interface DialogProps {
  readonly asking: Asking;
  readonly view: StatusView;
  readonly releases: readonly ReleaseView[];
  readonly standing: Standing;
}
