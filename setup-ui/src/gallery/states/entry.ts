import type { StateInput } from '../gallery-state.ts';
import { ago, session, view, without } from './base.ts';

const nobody = without(session(), 'user', 'role', 'expiresAt');
const words = ['power', 'erase', 'erosion', 'host', 'child', 'laptop'];

const signedIn = (
  id: string,
  device: string,
  secondsAgo: number,
  more: { readonly user?: string; readonly role?: 'admin' | 'viewer'; readonly isThis?: boolean } = {},
) => ({
  ...{ id, device, user: 'admin', role: 'admin' as const, via: 'ui' as const, isThis: false },
  ...{ since: ago(secondsAgo), expiresAt: ago(secondsAgo - 43_200) },
  ...more,
});
const HERE = signedIn('here', 'Firefox on Linux', 900, { isThis: true });

export const ENTRY: readonly StateInput[] = [
  { name: 'claim', title: 'Nobody owns the box', session: { ...nobody, claimed: false, words } },
  {
    name: 'claim-without-words',
    title: 'Nobody owns the box, and its words cannot be read',
    session: { ...nobody, claimed: false },
  },
  { name: 'login', title: 'Sign-in', session: nobody },
  {
    name: 'signed-out',
    title: 'The session was ended on another device',
    session: nobody,
    wasSignedOut: true,
  },
  {
    name: 'sessions',
    title: 'Devices that are signed in',
    at: '/sessions',
    view: view(),
    sessions: {
      sessions: [
        HERE,
        signedIn('phone', 'Safari on iPhone', 7_200),
        signedIn('greta', 'Edge on Windows', 30_000, {
          user: 'greta.a-rather-long-user-name',
          role: 'viewer',
        }),
        signedIn('old', 'Unknown browser', 40_000),
      ],
    },
  },
  {
    name: 'sessions-alone',
    title: 'Only this device is signed in',
    at: '/sessions',
    view: view(),
    session: session({ role: 'viewer' }),
    sessions: { sessions: [{ ...HERE, role: 'viewer' }] },
  },
];
