import { QueryClient } from '@tanstack/react-query';
import type { RouteAnswer, RouteName } from 'host-service/contract/api/routes.ts';
import type { Api, Watched } from '../api/api-context.tsx';
import type { Call, CallOptions } from '../api/call.ts';
import { PageProblem } from '../api/page-problem.ts';
import { KEYS } from '../api/query-keys.ts';
import type { GalleryState } from './gallery-state.ts';

const always = <T>(value: T): Watched<T> => ({ get: () => value, subscribe: () => () => undefined });
const forever = (): Promise<never> => new Promise(() => undefined);

function previewOf(state: GalleryState): unknown {
  const plan = state.view?.status?.plan;
  return {
    intentRevision: state.view?.intentRevision ?? 1,
    changes: [{ path: 'intent.approvedRelease', to: plan?.to?.digest ?? '' }],
    ...(plan?.to === undefined ? {} : { target: plan.to }),
    direction: plan === undefined ? 'none' : 'update',
    plan: plan ?? {
      kind: 'nothing',
      steps: [],
      creates: [],
      changes: [],
      removes: [],
      pullBytes: 0,
      pulls: [],
      irreversible: [],
      hosts: [],
    },
    trace: state.view?.status?.trace ?? [],
  };
}

/** Answers of the box in a state. What would change something is refused, as by a box that is gone. */
function answerOf(state: GalleryState, name: RouteName, options: CallOptions<RouteName>): unknown {
  switch (name) {
    case 'session':
      return state.session;
    case 'version':
      return { version: '0.9.0', build: state.session.build, uiBuild: 'gallery', contract: 1 };
    case 'status':
      return state.view;
    case 'releases':
      return { releases: state.releases };
    case 'operations':
      return { operations: state.operations };
    case 'operation':
      return state.details.find((each) => each.name === options.params?.['name']);
    case 'setup':
      return state.setup;
    case 'checks':
      return state.checks;
    case 'approveSetup':
      return options.query?.['dry_run'] === '1' ? state.preview : undefined;
    case 'intent':
      return options.query?.['dry_run'] === '1' ? previewOf(state) : undefined;
    case 'sessions':
      return state.sessions;
    case 'network':
      return state.network;
    case 'testNetwork':
      return state.networkTest;
    case 'changeNetwork':
      return options.query?.['dry_run'] === '1' ? state.networkPreview : undefined;
    default:
      return undefined;
  }
}

/** The way to a box that stands still in a state. */
export function fixtureApi(state: GalleryState): Api {
  const call: Call = async <N extends RouteName>(name: N, options: CallOptions<N> = {}) => {
    if (state.isSilent && name !== 'session') return forever();
    const answer = answerOf(state, name, options);
    if (answer !== undefined) return answer as RouteAnswer<N>;
    const isUnknown = name === 'operation';
    throw new PageProblem(isUnknown ? 'request.not-found' : 'client.disconnected', 'this is the gallery', {
      requestId: 'gallery',
    });
  };
  return { call, freshness: always(state.freshness), isStreaming: always(true) };
}

/** A cache that knows the state already, so that the first picture is the whole one. */
export function fixtureClient(state: GalleryState): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  client.setQueryData(KEYS.session, state.session);
  if (state.wasSignedOut) client.setQueryData(KEYS.signedOut, true);
  if (state.isSilent) return client;
  if (state.sessions !== undefined) client.setQueryData(KEYS.sessions, state.sessions);
  if (state.view !== undefined) client.setQueryData(KEYS.status, state.view);
  client.setQueryData(KEYS.releases, { releases: state.releases });
  client.setQueryData(KEYS.operations, { operations: state.operations });
  if (state.setup !== undefined) {
    client.setQueryData(KEYS.setup, state.setup);
    if (state.preview !== undefined) client.setQueryData(KEYS.setupPlan(state.setup.revision), state.preview);
  }
  if (state.network !== undefined) client.setQueryData(KEYS.network, state.network);
  if (state.checks !== undefined) client.setQueryData(KEYS.checks, state.checks);
  for (const each of state.details) client.setQueryData(KEYS.operation(each.name), each);
  return client;
}
