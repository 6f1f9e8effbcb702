import { z } from 'zod';
import { CheckRequest, ChecksView } from './checks.ts';
import { IntentChange, IntentPreview, Accepted, VerbBody } from './intent.ts';
import { NETWORK_ROUTES } from '../network/routes.ts';
import { OperationDetail, OperationsView } from './operations.ts';
import { ReleasesView } from './releases.ts';
import type { Route } from './route.ts';
import {
  ClaimRequest,
  LoginRequest,
  RevokeRequest,
  SessionsView,
  SessionView,
  VersionView,
} from './session.ts';
import { DraftChange, SetupApproval, SetupView } from './setup.ts';
import { StatusView } from './status.ts';

const Health = z.object({ status: z.enum(['ok', 'starting', 'draining']), version: z.string() });
const Flag = z.enum(['0', '1']).default('0');

/** The whole API (design §8). The server mounts it, the page and the command line call it, the OpenAPI document is made from it. */
export const ROUTES = {
  healthz: {
    method: 'GET',
    path: '/api/healthz',
    access: 'public',
    summary: 'Whether the program lives; 503 while it drains.',
    answers: { 200: Health, 503: Health },
  },
  ready: {
    method: 'GET',
    path: '/api/ready',
    access: 'public',
    summary: 'Whether it can serve; 503 while it starts or drains.',
    answers: { 200: Health, 503: Health },
  },
  version: {
    method: 'GET',
    path: '/api/version',
    access: 'public',
    summary: 'Which control plane and page this is.',
    answers: { 200: VersionView },
  },
  session: {
    method: 'GET',
    path: '/api/session',
    access: 'public',
    summary: 'Who is signed in, and whether the box has an owner.',
    answers: { 200: SessionView },
  },
  claim: {
    method: 'POST',
    path: '/api/claim',
    access: 'public',
    summary: 'Makes the first admin, with the code from the console. Once.',
    body: ClaimRequest,
    bodyBytes: 4096,
    answers: { 200: SessionView },
  },
  login: {
    method: 'POST',
    path: '/api/login',
    access: 'public',
    summary: 'Signs in.',
    body: LoginRequest,
    bodyBytes: 4096,
    answers: { 200: SessionView },
  },
  logout: {
    method: 'POST',
    path: '/api/logout',
    access: 'viewer',
    summary: 'Ends this session everywhere.',
    answers: { 204: 'empty' },
  },
  sessions: {
    method: 'GET',
    path: '/api/sessions',
    access: 'viewer',
    summary: 'Who is signed in, with which device; the own sessions only for a viewer.',
    answers: { 200: SessionsView },
  },
  revokeSession: {
    method: 'POST',
    path: '/api/sessions/revoke',
    access: 'viewer',
    summary: 'Ends a session, or all others.',
    body: RevokeRequest,
    bodyBytes: 4096,
    answers: { 200: SessionsView },
  },
  status: {
    method: 'GET',
    path: '/api/status',
    access: 'viewer',
    summary: 'All that the first page shows. ETag.',
    answers: { 200: StatusView, 304: 'empty' },
  },
  events: {
    method: 'GET',
    path: '/api/events',
    access: 'viewer',
    summary: 'The same, live.',
    query: z.object({ after: z.string().max(512).optional() }),
    answers: { 200: 'events' },
  },
  intent: {
    method: 'PUT',
    path: '/api/intent',
    access: 'admin',
    summary: 'Changes what is wanted. If-Match names the revision.',
    query: z.object({ dry_run: Flag }),
    body: IntentChange,
    bodyBytes: 512 * 1024,
    answers: { 200: IntentPreview, 202: Accepted },
  },
  setup: {
    method: 'GET',
    path: '/api/setup',
    access: 'viewer',
    summary: 'Questions, answers, channels and registration before something is installed. No secret.',
    answers: { 200: SetupView },
  },
  changeSetup: {
    method: 'PATCH',
    path: '/api/setup',
    access: 'admin',
    summary: 'Changes the draft. If-Match names its revision.',
    body: DraftChange,
    bodyBytes: 512 * 1024,
    answers: { 200: SetupView },
  },
  approveSetup: {
    method: 'POST',
    path: '/api/setup/approve',
    access: 'admin',
    dryRunAccess: 'viewer',
    summary:
      'Makes the draft what is wanted. If-Match may name its revision; dry_run shows what it leads to.',
    query: z.object({ dry_run: Flag }),
    body: SetupApproval,
    bodyBytes: 4096,
    answers: { 200: IntentPreview, 202: Accepted },
  },
  ...NETWORK_ROUTES,
  checks: {
    method: 'GET',
    path: '/api/checks',
    access: 'viewer',
    summary: 'Whether this box is fit for the release: what was measured, what is needed, and why.',
    answers: { 200: ChecksView },
  },
  runChecks: {
    method: 'POST',
    path: '/api/checks',
    access: 'admin',
    summary: 'Measures again, or takes or gives back the risk of one check.',
    body: CheckRequest,
    bodyBytes: 4096,
    answers: { 200: ChecksView },
  },
  releases: {
    method: 'GET',
    path: '/api/releases',
    access: 'viewer',
    summary: 'Known releases, each with the reasons for and against.',
    answers: { 200: ReleasesView },
  },
  operations: {
    method: 'GET',
    path: '/api/operations',
    access: 'viewer',
    summary: 'What was done, newest first.',
    answers: { 200: OperationsView },
  },
  operation: {
    method: 'GET',
    path: '/api/operations/:name',
    access: 'viewer',
    summary: 'One operation with its events.',
    answers: { 200: OperationDetail },
  },
  requests: {
    method: 'POST',
    path: '/api/requests',
    access: 'admin',
    summary: 'Asks for check-now, retry, cancel, pause, resume or revert.',
    body: VerbBody,
    bodyBytes: 4096,
    answers: { 202: Accepted },
  },
  webhook: {
    method: 'POST',
    path: '/api/webhooks/release',
    access: 'public',
    summary: 'Wakes the box; signed by HMAC, nothing in it is believed.',
    bodyBytes: 16_384,
    answers: { 202: 'empty' },
  },
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    access: 'viewer',
    summary: 'This table as an OpenAPI 3.1 document.',
    answers: { 200: 'json' },
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: 'viewer',
    summary: 'Figures for Prometheus.',
    answers: { 200: 'text' },
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
type Bodies<R> = R extends { readonly body: infer B extends z.ZodType } ? z.input<B> : undefined;
type Good<A> = {
  [S in keyof A]: S extends 200 | 201 | 202 ? (A[S] extends z.ZodType ? z.output<A[S]> : undefined) : never;
}[keyof A];
/** JSON that goes in, before defaults. */
export type RouteBody<N extends RouteName> = Bodies<(typeof ROUTES)[N]>;
/** JSON that comes out when all is well. */
export type RouteAnswer<N extends RouteName> = Good<(typeof ROUTES)[N]['answers']>;

/** Header with the build of the server, on every answer. */
export const BUILD_HEADER = 'x-appliance-build';
export const REQUEST_ID_HEADER = 'x-request-id';
