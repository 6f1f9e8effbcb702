import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packVariables, substitute } from 'host-service/core/publish/pack-variables.ts';
import { trialObject } from 'host-service/core/storage/trial.ts';
import { knownResource } from 'host-service/edges/kubernetes/kinds.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { callsOfControlPlane } from '../../scripts/build/rbac.ts';
import { NAME, NAMESPACE, type Call } from '../../scripts/build/rbac-calls.ts';
import { eventually, Kube, KubeError, type KubeObject } from './kube.ts';
import { at } from './support/facts.ts';
import { Scene, SOURCE } from './support/scene.ts';

const FOLDER = join(import.meta.dirname, '../../flux-base/control-plane');
const WAIT = 120_000;
const USER = `system:serviceaccount:${NAMESPACE}:${NAME}`;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const APPLY = 'application/apply-patch+yaml';

/**
 * The one pod that it makes itself: one that says nothing is refused for what it might do, not for who asks. Nobody makes the account here that
 * pods have by default.
 */
const MADE = trialObject(
  {
    ...{ class: 'x', provisioner: 'x', reclaimPolicy: 'Retain', driver: 'x' },
    proof: { uid: 999, gid: 999, subPath: 'x', size: '1Mi' },
  },
  { namespace: NAMESPACE, operation: 'x', attempt: 1, image: 'x', program: '0' },
);
const TRIAL = { ...MADE, spec: { ...(MADE['spec'] as object), serviceAccountName: NAME } };

interface Place {
  /** `/api/v1` or `/apis/group/version`. */
  readonly base: string;
  readonly namespaced: boolean;
}

/** Waits for an object; when it does not come, the error says what the box says meanwhile. */
async function appears(scene: Scene, path: string): Promise<void> {
  await eventually(path, async () => scene.world.kube.find(path), WAIT).catch(async (cause: unknown) => {
    const said = JSON.stringify(await scene.status(), undefined, 1);
    const logs = await Promise.all(scene.controlPlanes.map(async (one) => (await one.log()).slice(-4000)));
    throw new Error(`${path} did not appear\n${said}\n${logs.join('\n')}`, { cause });
  });
}

/** One box whose control plane has the rights of its bundle and no others, told in order. */
describe('the control plane with the rights that its bundle gives it', () => {
  let scene: Scene;
  let self: Kube;
  const objects: KubeObject[] = [];
  const places = new Map<string, Place>();

  /** Where every resource of the server lies: `plural.group`. */
  async function readPlaces(): Promise<void> {
    const { kube } = scene.world;
    const groups = await kube.get<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
    const bases = ['/api/v1', ...groups.groups.map((one) => `/apis/${one.preferredVersion.groupVersion}`)];
    for (const base of bases) {
      const group = base === '/api/v1' ? '' : (base.split('/')[2] ?? '');
      const found = await kube.get<{ resources: { name: string; namespaced: boolean }[] }>(base);
      for (const { name, namespaced } of found.resources)
        places.set(`${name}.${group}`, { base, namespaced });
    }
  }
  const collection = (resource: string, group: string, namespace: string): string => {
    const place = places.get(`${resource}.${group}`);
    if (place === undefined) throw new Error(`nothing serves ${resource} of '${group}'`);
    return `${place.base}${place.namespaced ? `/namespaces/${namespace}` : ''}/${resource}`;
  };

  beforeAll(async () => {
    scene = await Scene.open({ flux: false, kwok: false, controllers: false });
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    for (const name of (await readdir(FOLDER)).filter((file) => file.endsWith('.yaml'))) {
      const text = substitute(name, await readFile(join(FOLDER, name), 'utf8'), packVariables('1.0.0', {}));
      if (!text.ok) throw new Error(text.problem.detail);
      objects.push(...parseAllDocuments(text.value).map((one) => one.toJS() as KubeObject));
    }
    await readPlaces();
  });
  afterAll(async () => {
    self?.close();
    await scene?.close();
  });

  it('B-59 a real API server takes all objects of the bundle, field by field', async () => {
    const first = ['Namespace', 'PriorityClass', 'ServiceAccount'];
    const order = (one: KubeObject): number => first.indexOf(one.kind ?? '') + 1 || 9;
    for (const object of objects.toSorted((a, b) => order(a) - order(b))) {
      const group = object.apiVersion?.includes('/') === true ? (object.apiVersion.split('/')[0] ?? '') : '';
      const plural = knownResource(object.apiVersion ?? '', object.kind ?? '')?.plural ?? '';
      const path = `${collection(plural, group, NAMESPACE)}/${object.metadata.name}`;
      const query = 'fieldManager=appliance&fieldValidation=Strict';
      await scene.world.kube.text('PATCH', `${path}?${query}`, object, APPLY);
    }
    expect(objects).toHaveLength(12);
  });

  it('its pod passes the restricted level, which that namespace enforces; one with the node’s network does not', async () => {
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const spec = at(deployment, 'spec', 'template', 'spec') as object;
    const pods = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
    const pod = (more: object): object => ({ metadata: { name: 'tried' }, spec: { ...spec, ...more } });
    await scene.world.kube.text('POST', pods, pod({}));
    await expect(scene.world.kube.text('POST', pods, pod({ hostNetwork: true }))).rejects.toThrow(
      'restricted',
    );
  });

  it('it resolves, installs the delivery engine, writes settings and points the source: nothing is forbidden', async () => {
    const { world } = scene;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    };
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAME}/token`;
    const token = String(at(JSON.parse(await world.kube.text('POST', path, request)), 'status', 'token'));
    const ca = await readFile(world.caFile, 'utf8');
    self = new Kube({ server: world.apiServer, ca, token });
    const kubeconfig = join(world.folder, 'self.kubeconfig');
    const cluster = { server: world.apiServer, 'certificate-authority': world.caFile };
    const file = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'self' },
      clusters: [{ name: 'self', cluster }],
      users: [{ name: 'self', user: { token } }],
      contexts: [{ name: 'self', context: { cluster: 'self', user: 'self' } }],
    };
    await writeFile(kubeconfig, JSON.stringify(file), { mode: 0o600 });
    await scene.controlPlane('one', {}, kubeconfig).start();
    await scene.until('it says what is missing', ({ problems }) => problems.length > 0, WAIT);
    await scene.answer();
    // No controllers run here: what they would say is said for them.
    const flux = '/apis/apps/v1/namespaces/flux-system/deployments';
    for (const name of ['source-controller', 'kustomize-controller', 'helm-controller']) {
      await appears(scene, `${flux}/${name}`);
      const condition = { type: 'Available', status: 'True', reason: 'Test', message: 'said by the test' };
      await world.kube.merge(`${flux}/${name}/status`, { status: { conditions: [condition] } });
    }
    await appears(scene, SOURCE);
    const bound = await world.kube.get(`${RBAC}/clusterrolebindings/appliance-flux-reconciler`);
    expect(at(bound, 'roleRef', 'name')).toBe('cluster-admin');
    const made = (await world.readAudit()).filter(({ user }) => user.username === USER);
    const refused = made.filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    const kinds = new Set(made.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ''}`));
    for (const call of [
      'update leases',
      'create releases',
      'patch clusterrolebindings',
      'create secrets',
      'patch ocirepositories',
    ])
      expect(kinds).toContain(call);
  });

  /** Asks for one call of the table and answers the status; writes are tried only. */
  async function ask(call: Call, verb: string, namespace: string): Promise<number> {
    const { group, resource, names } = call;
    if (verb === 'bind' || verb === 'escalate' || verb === 'impersonate')
      return (await isAllowed(call, verb)) ? 200 : 403;
    const [plural = '', sub = ''] = resource.split('/');
    const all = collection(plural, group, namespace);
    const one = `${all}/${names?.[0] ?? 'not-there'}${sub === '' ? '' : `/${sub}`}`;
    const place = places.get(`${plural}.${group}`);
    const apiVersion = place?.base.replace(/^\/apis?\//, '');
    const ways: Readonly<Record<string, readonly [string, string, unknown?, string?]>> = {
      get: ['GET', one],
      list: ['GET', `${all}?limit=1`],
      watch: ['GET', `${all}?watch=1&timeoutSeconds=1`],
      create: ['POST', `${all}?dryRun=All`, resource === 'pods' ? TRIAL : { apiVersion }],
      update: ['PUT', `${one}?dryRun=All`, { apiVersion }],
      patch: ['PATCH', `${one}?dryRun=All&fieldManager=appliance`, { apiVersion }, APPLY],
      delete: ['DELETE', `${one}?dryRun=All`],
    };
    const way = ways[verb];
    if (way === undefined) throw new Error(`no request for ${verb}`);
    return self.text(...way).then(
      () => 200,
      (error: unknown) => (error instanceof KubeError ? error.status : 0),
    );
  }

  /** Verbs that are no request of their own. */
  async function isAllowed({ group, resource, names }: Call, verb: string): Promise<boolean> {
    const resourceAttributes = { group, resource, verb, ...(names === undefined ? {} : { name: names[0] }) };
    const review = {
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
      spec: { resourceAttributes },
    };
    const answer = await self.text('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
    return at(JSON.parse(answer), 'status', 'allowed') === true;
  }

  it('every call of the table is allowed', async () => {
    await readPlaces();
    const { cluster, own } = await callsOfControlPlane();
    const forbidden: string[] = [];
    let asked = 0;
    for (const [calls, namespace] of [
      [cluster, 'default'],
      [own, NAMESPACE],
    ] as const) {
      for (const call of calls) {
        for (const verb of call.verbs) {
          const status = await ask(call, verb, namespace);
          asked += 1;
          if (status === 403 || status === 401 || status === 0)
            forbidden.push(`${status} ${verb} ${call.resource}.${call.group}`);
        }
      }
    }
    expect(forbidden).toEqual([]);
    expect(asked).toBeGreaterThan(80);
  });

  it.each<[string, string, string, Call]>([
    ['read Secrets of others', 'get', 'kube-system', { group: '', resource: 'secrets', verbs: [], by: '' }],
    ['list Secrets', 'list', NAMESPACE, { group: '', resource: 'secrets', verbs: [], by: '' }],
    ['delete Secrets', 'delete', NAMESPACE, { group: '', resource: 'secrets', verbs: [], by: '' }],
    [
      'remove a namespace',
      'delete',
      '',
      { group: '', resource: 'namespaces', verbs: [], names: ['msp'], by: '' },
    ],
    ['run a program in a pod', 'get', 'msp', { group: '', resource: 'pods/exec', verbs: [], by: '' }],
    ['make a pod', 'create', 'msp', { group: '', resource: 'pods', verbs: [], by: '' }],
    ['take a node away', 'delete', '', { group: '', resource: 'nodes', verbs: [], by: '' }],
    [
      'take a Lease of others',
      'update',
      NAMESPACE,
      { group: 'coordination.k8s.io', resource: 'leases', verbs: [], by: '' },
    ],
    [
      'remove a definition',
      'delete',
      '',
      { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verbs: [], by: '' },
    ],
    [
      'bind other roles',
      'bind',
      '',
      {
        group: 'rbac.authorization.k8s.io',
        resource: 'clusterroles',
        verbs: [],
        names: ['system:node'],
        by: '',
      },
    ],
    [
      'be somebody else',
      'impersonate',
      '',
      { group: '', resource: 'users', verbs: [], names: ['admin'], by: '' },
    ],
  ])('it may not %s', async (_what, verb, namespace, call) => {
    expect(await ask(call, verb, namespace)).toBe(403);
  });
});
