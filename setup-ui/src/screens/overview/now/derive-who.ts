import type { Actor } from 'host-service/contract/appliance.ts';
import { saying, type Saying } from '../model/saying.ts';

/** Who asked, and by which way. */
export const whoOf = ({ by, via }: Actor): Saying => saying(`overview.actor.${via}`, { by });
