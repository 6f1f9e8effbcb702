import type { StateInput } from '../gallery-state.ts';
import { session, without } from './base.ts';

const nobody = without(session(), 'user', 'role', 'expiresAt');

export const ENTRY: readonly StateInput[] = [
  { name: 'claim', title: 'Nobody owns the box', session: { ...nobody, claimed: false } },
  { name: 'login', title: 'Sign-in', session: nobody },
];
