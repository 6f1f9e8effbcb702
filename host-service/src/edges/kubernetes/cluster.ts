import { setTimeout as wait } from 'node:timers/promises';
import { FIELD_MANAGER } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { Clock, Cluster, KubeInput, KubeObject, KubeRef, LeaseStore, Log } from '../../engine/ports.ts';
import { absentAs, Api, isSecret } from './api.ts';
import { Credentials, type KubeAuth } from './connect/auth.ts';
import { fieldConflicts, statusBodyOf } from './connect/failure.ts';
import { LIMITS, type Limits } from './connect/limits.ts';
import { Transport, whatOf, type Answer, type Request } from './connect/transport.ts';
import { createLeaseStore } from './lease.ts';
import { parseObject, parseVersion } from './objects.ts';
import { queryOf } from './paths.ts';
import { podLog } from './pod-log.ts';
import { Watch } from './watch.ts';

/** Somebody else had written fields that are ours; they were taken back. */
export interface FieldConflict {
  readonly ref: KubeRef;
  readonly manager: string;
  readonly fields: readonly string[];
}

export interface ClusterOptions {
  readonly auth: KubeAuth;
  readonly userAgent: string;
  /** For the pauses between watches; default: the machine's. */
  readonly clock?: Pick<Clock, 'sleep' | 'random' | 'monotonic'> | undefined;
  readonly log?: Log | undefined;
  readonly onConflict?: ((conflict: FieldConflict) => void) | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

export interface ConnectedCluster extends Cluster {
  readonly lease: LeaseStore;
  /** Ends all connections; calls and watches under way fail with cluster.cancelled or cluster.unavailable. */
  close(): Promise<void>;
  counters(): { readonly requests: number; readonly connections: number };
}

const OWN_CLOCK: NonNullable<ClusterOptions['clock']> = {
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep: async (ms, signal) => wait(Math.max(0, ms), undefined, { signal }).catch(() => undefined),
};

const refOf = ({ apiVersion, kind, metadata }: KubeInput): KubeRef => ({
  apiVersion,
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
});

/** Applies without force first, so that who else wrote our fields is known before they are taken back. */
async function apply(
  api: Api,
  object: KubeInput,
  options: { signal: AbortSignal; dryRun?: boolean; force?: boolean },
  onConflict: ClusterOptions['onConflict'],
): Promise<KubeObject> {
  const ref = refOf(object);
  const path = await api.pathOf(ref, options.signal);
  const body = JSON.stringify(object);
  const requestWith = (force: boolean): Request => ({
    method: 'PATCH',
    path: `${path}${queryOf({
      fieldManager: FIELD_MANAGER,
      fieldValidation: 'Strict',
      force: force ? true : undefined,
      dryRun: options.dryRun === true ? 'All' : undefined,
    })}`,
    body,
    contentType: 'application/apply-patch+yaml',
    repeatable: true,
    secret: isSecret(ref),
    signal: options.signal,
  });
  const finish = (request: Request, answer: Answer): KubeObject => {
    if (answer.status !== 200 && answer.status !== 201) throw api.problem(request, answer);
    return parseObject(answer.text, ref, whatOf(request));
  };
  // A dry run changes nothing, hence takes nothing back and reports nobody.
  const gentle = requestWith(options.dryRun === true && options.force !== false);
  const answer = await api.transport.call(gentle);
  const conflicts =
    answer.status === 409 ? fieldConflicts(statusBodyOf(answer.text)) : new Map<string, string[]>();
  if (conflicts.size === 0 || options.force === false) return finish(gentle, answer);
  const forced = requestWith(true);
  const taken = finish(forced, await api.transport.call(forced));
  for (const [manager, fields] of conflicts) onConflict?.({ ref, manager, fields });
  return taken;
}

/** POST or PUT of a whole object. Not repeated by itself: the first one may have worked. */
async function write(
  api: Api,
  method: 'POST' | 'PUT',
  object: KubeInput,
  signal: AbortSignal,
  subresource: '' | '/status' = '',
): Promise<KubeObject> {
  const ref = refOf(object);
  if (method === 'PUT' && object.metadata.resourceVersion === undefined)
    throw new Problem(
      'internal.bug',
      `${ref.kind} ${ref.name} would be replaced without its resourceVersion`,
    );
  const own = await api.pathOf(ref, signal);
  const path = method === 'POST' ? own.slice(0, own.lastIndexOf('/')) : `${own}${subresource}`;
  // A status written by a newer version may have fields that the definition does not know yet; losing them is better than no status.
  const fieldValidation = subresource === '' ? 'Strict' : 'Ignore';
  const request: Request = {
    method,
    path: `${path}${queryOf({ fieldManager: FIELD_MANAGER, fieldValidation })}`,
    body: JSON.stringify(object),
    secret: isSecret(ref),
    signal,
  };
  return parseObject(await api.ask(request), ref, whatOf(request));
}

async function remove(
  api: Api,
  ref: KubeRef,
  options: { signal: AbortSignal; propagation?: 'Foreground' | 'Background' | 'Orphan'; uid?: string },
): Promise<void> {
  await absentAs(undefined, async () =>
    api.ask({
      method: 'DELETE',
      path: await api.pathOf(ref, options.signal),
      // Without a word the server takes the kind's default, which for Jobs leaves the pods behind.
      body: JSON.stringify({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: options.propagation ?? 'Background',
        ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      }),
      repeatable: true,
      secret: isSecret(ref),
      signal: options.signal,
    }),
  );
}

async function version(api: Api, signal: AbortSignal): Promise<string> {
  const request = { method: 'GET', path: '/version', repeatable: true, signal } as const;
  return parseVersion(await api.ask(request), whatOf(request));
}

/** A client of one API server: one identity, few kept-alive connections, every call bounded and cancellable (protocols §4). */
export function createCluster(options: ClusterOptions): ConnectedCluster {
  const { auth, userAgent, clock = OWN_CLOCK, log, onConflict } = options;
  const limits = { ...LIMITS, ...options.limits };
  const credentials = new Credentials({
    auth,
    lookEveryMs: limits.lookEveryMs,
    monotonic: () => clock.monotonic(),
    onFailure: (error) => log?.warn('the credentials of the cluster cannot be read again', { error }),
  });
  const transport = new Transport({ credentials, userAgent, limits, log });
  const api = new Api(transport, limits);
  return {
    apply: async (object, settings) => apply(api, object, settings, onConflict),
    get: async (ref, signal) => api.get(ref, signal),
    list: async (kind, settings) => (await absentAs({ items: [] }, () => api.list(kind, settings))).items,
    create: async (object, signal) => write(api, 'POST', object, signal),
    replace: async (object, signal) => write(api, 'PUT', object, signal),
    replaceStatus: async (object, signal) => write(api, 'PUT', object, signal, '/status'),
    remove: async (ref, settings) => remove(api, ref, settings),
    watch: async (kind, { namespace, signal, onChange }) =>
      new Watch(api, { kind, namespace, signal, onChange, log, clock }).run(),
    version: async (signal) => version(api, signal),
    serves: async (groupVersion, plural, signal) =>
      (await absentAs([], () => api.discover(groupVersion, signal))).some((one) => one.name === plural),
    log: async (pod, bytes, signal) => podLog(transport, pod, bytes, signal),
    lease: createLeaseStore(api, FIELD_MANAGER),
    close: async () => transport.close(),
    counters: () => ({ requests: transport.requests, connections: transport.connections }),
  };
}
