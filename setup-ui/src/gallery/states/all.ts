import type { StateInput } from '../gallery-state.ts';
import { CONTROL_PLANE } from './control-plane.ts';
import { ENTRY } from './entry.ts';
import { EXTREMES } from './extremes.ts';
import { INSTALL } from './install.ts';
import { NETWORK } from './network.ts';
import { RUNNING } from './running.ts';
import { SETUP } from './setup.ts';
import { SETUP_RUN } from './setup/run.ts';
import { TROUBLE } from './trouble.ts';

/** Every state of the gallery (E-28), in the order of a box's life. */
export const STATES: readonly StateInput[] = [
  ...ENTRY,
  ...SETUP,
  ...SETUP_RUN,
  ...INSTALL,
  ...RUNNING,
  ...TROUBLE,
  ...NETWORK,
  ...CONTROL_PLANE,
  ...EXTREMES,
];
