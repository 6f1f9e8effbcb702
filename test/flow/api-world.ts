import { createApi } from 'host-service/api/app.ts';
import type { ApiOptions, Limits } from 'host-service/api/options.ts';
import { ROUTES, type RouteName } from 'host-service/contract/api/routes.ts';
import type { SessionsView } from 'host-service/contract/api/session.ts';
import { StatusView, type LiveEvent } from 'host-service/contract/api/status.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type {
  Access,
  ApiHost,
  Drafter,
  Granted,
  Handle,
  Session,
  Who,
} from 'host-service/engine/handle/handle.ts';
import { digestFor, makeProduct, NOW } from '../fixtures/documents.ts';
import { ManualClock } from './world/clock.ts';

export const HOST = 'box.example';
export const BASE = `https://${HOST}`;
const SIDE = { digest: digestFor('one'), version: '1.0.0' };

export function makeView(revision: number, cursor = `c${revision}`): StatusView {
  return StatusView.parse({
    ...{ cursor, intentRevision: revision, intent: {}, updatePolicy: {}, settings: {} },
    questions: { appUrl: { type: 'url', title: 'Address' } },
    channels: [{ name: 'stable', title: 'Stable', description: 'For everybody.' }],
    ...{ defaultChannel: 'stable', build: 'test-build' },
    cluster: { isConnected: true, since: NOW.toISOString() },
  });
}
const OPERATION = {
  ...{ name: '20261121t120000-install-0a1b2c3d', verb: 'install', to: SIDE, intentRevision: 3 },
  ...{ actor: { by: 'ada', via: 'ui' }, outcome: 'succeeded', startedAt: NOW.toISOString(), resumes: 0 },
  ...{
    steps: [{ kind: 'confirm', title: 'Confirm', state: 'done', attempts: 1, usualMs: 10 }],
    lastEvent: 1,
  },
};
const EVENT = { n: 1, at: NOW.toISOString(), level: 'info', text: 'Started.' };
const PLAN = {
  ...{ kind: 'nothing', steps: [], creates: [], changes: [], removes: [], pullBytes: 0, pulls: [] },
  ...{ irreversible: [], hosts: [] },
};
const RELEASE = {
  ...{ ...SIDE, source: 'channel', signed: true, keyIds: ['k1'], admittedAt: NOW.toISOString(), trace: [] },
  ...{ isRunning: true, isLastGood: true, isAvailable: false, goBack: { isPossible: false }, size: 1 },
  isReversible: true,
};
/** What the world answers for a route, checked by the table's own schema. */
const sample = (name: RouteName, status: 200 | 202, value: unknown): never => {
  const schema = (ROUTES[name].answers as Record<number, unknown>)[status];
  if (typeof schema !== 'object' || schema === null || !('parse' in schema)) throw new Error(name);
  return (schema.parse as (value: unknown) => never)(value);
};

/** A view that moves when the test says so. */
export class TestLive {
  view: StatusView | undefined = makeView(3);
  readonly events: (LiveEvent & { readonly text: string })[] = [];
  readonly listeners = new Set<(event: LiveEvent & { readonly text: string }) => void>();

  publish(event: LiveEvent): void {
    const full = { ...event, text: JSON.stringify(event.data) };
    this.events.push(full);
    for (const listener of [...this.listeners]) listener(full);
  }
  snapshot(revision: number): void {
    this.view = makeView(revision);
    this.publish({ name: 'snapshot', id: this.view.cursor, data: this.view });
  }
  readonly port: Handle['live'] = {
    current: () =>
      this.view && { view: this.view, etag: `"${this.view.cursor}"`, json: JSON.stringify(this.view) },
    subscribe: (after, listener) => {
      const at = this.events.findIndex(({ id }) => id !== undefined && id === after);
      if (at >= 0) this.events.slice(at + 1).forEach((event) => listener(event));
      else if (this.view !== undefined)
        listener({
          ...{ name: 'snapshot', id: this.view.cursor, data: this.view, text: JSON.stringify(this.view) },
        });
      this.listeners.add(listener);
      return () => void this.listeners.delete(listener);
    },
    run: () => Promise.resolve(),
  };
}

export const WORDS = ['anchor', 'bright', 'copper', 'dance', 'echo', 'fabric'] as const;
export type As = 'admin' | 'viewer';

/** The API on small objects: a box that has an owner, an admin and a viewer. */
export class ApiWorld {
  readonly clock = new ManualClock(NOW);
  readonly live = new TestLive();
  readonly sessions = new Map<string, Session>();
  readonly calls: { readonly name: string; readonly body: unknown; readonly who: Who }[] = [];
  readonly logs: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  readonly measured: { readonly route: string; readonly status: number }[] = [];
  readonly closing = new AbortController();
  state = { draining: false, ready: true };
  claimed = true;
  wakes = 0;
  streams = 0;
  /** What the handle throws. */
  fault: unknown;

  constructor() {
    for (const role of ['admin', 'viewer'] as const) this.sessions.set(`${role}-cookie`, this.session(role));
  }

  session(role: string, user = role): Session {
    const expiresAt = new Date(NOW.getTime() + 86_400_000).toISOString();
    // A role that nobody knows may come from a newer control plane.
    return { id: `s-${user}`, user, role: role as As, via: 'ui', expiresAt };
  }

  readonly access: Access = {
    words: () => Promise.resolve(WORDS),
    isClaimed: () => this.orFault(() => this.claimed),
    claim: ({ code, user }) =>
      this.orFault(() => {
        if (this.claimed) throw new Problem('session.already-claimed', 'ada owns it');
        if (code !== 'ABCD-EFGH-JKMN') throw new Problem('session.code-wrong', 'no');
        this.claimed = true;
        return this.granted(user);
      }),
    login: ({ user, password }) =>
      this.orFault(() => {
        if (password === 'locked-password')
          throw new Problem('session.locked', 'for a while', { retryAfterMs: 61_500 });
        if (password !== 'right-password') throw new Problem('session.login-failed', 'no');
        return this.granted(user);
      }),
    sessionOf: (cookie) => Promise.resolve(this.sessions.get(cookie ?? '')),
    logout: (session) =>
      this.orFault(() => {
        for (const [cookie, { id }] of this.sessions) if (id === session.id) this.sessions.delete(cookie);
      }),
    sessions: (session) => this.orFault(() => this.listed(session)),
    revoke: (session, request) =>
      this.orFault(() => {
        for (const [cookie, { id }] of this.sessions)
          if ('id' in request ? id === request.id : id !== session.id) this.sessions.delete(cookie);
        return this.listed(session);
      }),
    checkWebhook: ({ signature, timestamp, body }) =>
      this.orFault(() => {
        if (signature !== `sig ${body.length}` || timestamp === undefined)
          throw new Problem('webhook.refused', 'no');
      }),
  };

  readonly handle: Handle = {
    live: this.live.port,
    changeIntent: (body, who) => this.called('changeIntent', body, who, sample('intent', 202, ACCEPTED)),
    previewIntent: (body, who) =>
      this.called('previewIntent', body, who, sample('intent', 200, { ...PREVIEW, plan: PLAN })),
    request: (body, who) => this.called('request', body, who, sample('requests', 202, ACCEPTED)),
    setup: () => this.orFault(() => sample('setup', 200, SETUP)),
    changeSetup: (body, who) => this.drafted('changeSetup', body, who, undefined),
    approveSetup: (body, who) =>
      this.drafted('approveSetup', body, who, sample('approveSetup', 202, ACCEPTED)),
    previewSetup: (body, who) =>
      this.drafted('previewSetup', body, who, sample('approveSetup', 200, { ...PREVIEW, plan: PLAN })),
    checks: () => this.orFault(() => sample('checks', 200, { checks: [CHECK], mayInstall: true })),
    runChecks: (body, who) => {
      this.calls.push({ name: 'runChecks', body, who });
      return this.orFault(() => sample('runChecks', 200, { checks: [CHECK], mayInstall: true }));
    },
    releases: () => this.orFault(() => sample('releases', 200, { releases: [RELEASE] })),
    network: () => this.orFault(() => sample('network', 200, NETWORK)),
    changeNetwork: (body, who) =>
      this.called('changeNetwork', body, who, sample('changeNetwork', 202, ACCEPTED)),
    previewNetwork: (body, who) =>
      this.called(
        'previewNetwork',
        body,
        who,
        sample('changeNetwork', 200, { touches: ['time'], settings: {} }),
      ),
    testNetwork: ({ host }) =>
      this.orFault(() => {
        const report = { url: `https://${host}/v2/`, at: NOW.toISOString(), via: 'direct', status: 200 };
        return sample('testNetwork', 200, { host, report, credential: 'not-needed' });
      }),
    operations: () => this.orFault(() => sample('operations', 200, { operations: [OPERATION] })),
    operation: (name) =>
      this.orFault(() => {
        if (name !== OPERATION.name) throw new Problem('request.not-found', `no operation ${name}`);
        return sample('operation', 200, { ...OPERATION, events: [EVENT] });
      }),
    wake: () => (this.wakes += 1),
  };

  private orFault<T>(make: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.fault !== undefined) throw this.fault as Error;
      resolve(make());
    });
  }
  private called<T>(name: string, body: unknown, who: Who, answer: T): Promise<T> {
    this.calls.push({ name, body, who });
    return this.orFault(() => {
      if (name !== 'request' && who.expected !== 3)
        throw new Problem('request.conflict', `it is at revision 3`);
      return answer;
    });
  }
  private drafted<T>(name: string, body: unknown, who: Drafter, answer: T): Promise<T> {
    this.calls.push({ name, body, who: { actor: who.actor } });
    return this.orFault(() => {
      if (who.expected !== undefined && who.expected !== '7')
        throw new Problem('request.conflict', 'the draft is at revision 7');
      return answer;
    });
  }
  private listed(asking: Session): SessionsView {
    const entries = [...this.sessions.values()].map((session) => ({
      ...{ ...session, device: 'Firefox on Linux', since: NOW.toISOString() },
      isThis: session.id === asking.id,
    }));
    return sample('sessions', 200, { sessions: entries.slice(0, 2) });
  }
  private granted(user: string): Granted {
    const session = this.session('admin', user);
    this.sessions.set(`${user}-new`, session);
    return { session, cookie: `${user}-new`, maxAgeSeconds: 3600 };
  }

  host(over: Partial<ApiHost> = {}): ApiHost {
    const { handle, access } = this;
    const product = makeProduct({ logo: '<svg xmlns="http://www.w3.org/2000/svg"/>', accent: '#123456' });
    const state = (): ApiWorld['state'] => this.state;
    return { handle, access, product, version: '0.1.0', build: 'test-build', state, ...over };
  }

  options(over: Partial<ApiOptions> & { limits?: Partial<Limits> } = {}): ApiOptions {
    const log = (level: string) => (message: string, fields?: unknown) =>
      void this.logs.push({ level, message, fields });
    return {
      clock: this.clock.port,
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      cookies: 'secure',
      page: { build: () => 'ui-1', answer: () => Promise.resolve(undefined) },
      meter: {
        request: (route, status) => void this.measured.push({ route, status }),
        streams: (open) => (this.streams = open),
        text: () => Promise.resolve({ type: 'text/plain; version=0.0.4', text: 'up 1\n' }),
      },
      ...{ contract: 1, closing: this.closing.signal, ...over },
    };
  }

  api(over: Partial<ApiOptions> = {}): ReturnType<typeof createApi> {
    return createApi(this.host(), this.options(over));
  }
}

const NETWORK = {
  ...{ revision: 3, settings: {}, fixed: { proxy: false, ca: false, registries: [] } },
  ...{ proxyCredential: { isSet: false }, authorities: [], hosts: [], rejected: [] },
};
const ACCEPTED = { intentRevision: 4 };
const SETUP = {
  ...{ revision: '7', state: 'draft', questions: [], channels: [], profile: 'single-node' },
  ...{ registration: { state: 'none' }, isComplete: true },
};
const CHECK = {
  ...{ id: 'machine.cpu', group: 'machine', state: 'passed', measured: '8 processors' },
  ...{ detail: 'There are enough processors.', mayAccept: false },
};
const PREVIEW = { intentRevision: 3, changes: [], direction: 'none', trace: [] };

/** Headers of a browser that is on the page of the box, with a session. */
export function browserHeaders(as: As | undefined, extra: Record<string, string> = {}): Headers {
  const cookie: Record<string, string> = as === undefined ? {} : { cookie: `__Host-appliance=${as}-cookie` };
  const site = { origin: BASE, host: HOST, 'sec-fetch-site': 'same-origin' };
  return new Headers({ ...site, ...cookie, ...extra });
}

/** A good body for each route that takes one. */
export const BODIES: Partial<Record<RouteName, unknown>> = {
  claim: { code: 'ABCD-EFGH-JKMN', user: 'ada', password: 'four unusual words' },
  login: { user: 'ada', password: 'right-password' },
  intent: { channel: 'stable', reason: 'because' },
  revokeSession: { id: 's-somebody' },
  changeSetup: { answers: { appUrl: 'https://psa.example.com' }, channel: 'stable' },
  approveSetup: { release: '1.0.0', reason: 'because' },
  runChecks: { action: 'run', reason: 'because' },
  changeNetwork: { resolvers: ['192.0.2.53'], reason: 'because' },
  testNetwork: { host: 'registry.example.com' },
  requests: { id: 'request-1', verb: 'check-now', reason: 'because' },
};
export const OPERATION_NAME = OPERATION.name;
