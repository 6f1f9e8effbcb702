import { z } from 'zod';
import { Accepted } from '../api/intent.ts';
import type { Route } from '../api/route.ts';
import { NetworkChange, NetworkPreview, NetworkTest, NetworkTestRequest, NetworkView } from './view.ts';

const Flag = z.enum(['0', '1']).default('0');

/** The part of the table of routes (contract/api/routes.ts) that is about the way out of the house. */
export const NETWORK_ROUTES = {
  network: {
    method: 'GET',
    path: '/api/network',
    access: 'viewer',
    summary: 'How this box goes to other hosts, and which it needs. No secret.',
    answers: { 200: NetworkView },
  },
  changeNetwork: {
    method: 'PATCH',
    path: '/api/network',
    access: 'admin',
    summary:
      'Changes proxy, authorities, name and time servers, mirrors and credentials; dry_run says what it touches.',
    query: z.object({ dry_run: Flag }),
    body: NetworkChange,
    bodyBytes: 256 * 1024,
    answers: { 200: NetworkPreview, 202: Accepted },
  },
  testNetwork: {
    method: 'POST',
    path: '/api/network/test',
    access: 'admin',
    summary: 'Goes to one host, with settings that need not be saved.',
    body: NetworkTestRequest,
    bodyBytes: 256 * 1024,
    answers: { 200: NetworkTest },
  },
} as const satisfies Record<string, Route>;
