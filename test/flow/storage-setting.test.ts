import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { STORAGE_PROBLEMS } from 'host-service/contract/problems/storage.ts';
import type { DriverSight, StorageFacts } from 'host-service/core/storage/facts.ts';
import { readSaid } from 'host-service/core/storage/said.ts';
import { classObject } from 'host-service/core/storage/setting.ts';
import { trialObject } from 'host-service/core/storage/trial.ts';
import { storageTurn } from 'host-service/core/storage/turn.ts';
import { driversIn } from 'host-service/engine/storage/look.ts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fluxBaseYaml, product } from './flux-base-files.ts';
import { STORAGE } from './world/storage.ts';

const DRIVER: DriverSight = {
  ...{ kind: 'Deployment', namespace: 'kube-system', name: 'driver', image: 'x/driver:1', isReady: true },
};
const facts = (over: Partial<StorageFacts> = {}): StorageFacts => ({
  ...{ classes: [], drivers: [DRIVER], losing: [], claim: undefined, trials: [], volumes: [] },
  ...over,
});
const turn = (over: Partial<StorageFacts>) =>
  storageTurn({ facts: facts(over), storage: STORAGE, operation: 'one', leave: false });

describe('the storage of the product', () => {
  it('B-42 is the same class whether the control plane made it or the bundle brings it', () => {
    const { storage } = product();
    if (storage === undefined) throw new Error('the product says nothing of storage');
    const { metadata, ...inBundle } = fluxBaseYaml('base/platform/storage-class.yaml') as Record<
      string,
      unknown
    >;
    const { metadata: own, ...made } = classObject(storage);
    expect(made).toEqual(inBundle);
    expect(metadata).toMatchObject(own);
  });

  it('B-41 has its driver from the platform: the settings of a box do not leave it out', () => {
    const path = join(import.meta.dirname, '../../bootstrap/k3s/config.yaml.d/10-appliance.yaml');
    expect(parse(readFileSync(path, 'utf8'))).toMatchObject({
      disable: ['traefik', 'servicelb', 'metrics-server'],
    });
  });

  it('has its problems in the closed table', () => {
    for (const code of Object.keys(STORAGE_PROBLEMS)) expect(PROBLEMS).toHaveProperty([code]);
  });
});

describe('who counts as a driver', () => {
  const workload = (name: string, image: string, spec: object = {}) => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'a' } },
    spec: { template: { spec: { containers: [{ image }] } }, ...spec },
  });
  const found = (...objects: readonly ReturnType<typeof workload>[]) =>
    driversIn(objects, 'local-path-provisioner').map(({ name }) => name);

  it.each([
    ['docker.io/rancher/local-path-provisioner:v0.0.31', 1],
    ['10.0.0.1:5000/local-path-provisioner', 1],
    [`registry:5000/x/local-path-provisioner:v1@sha256:${'0'.repeat(64)}`, 1],
    ['rancher/local-path-provisioner-helper:v1', 0],
    ['rancher/other:local-path-provisioner', 0],
  ])('B-41 %s: %i', (image, count) => {
    expect(found(workload('one', image))).toHaveLength(count);
  });

  it('is nobody who was set to none', () => {
    const image = 'rancher/local-path-provisioner:v0.0.31';
    expect(found(workload('off', image, { replicas: 0 }), workload('on', image))).toEqual(['on']);
  });
});

describe('what is done next', () => {
  it('B-42 keeps data before anything else, whatever else is wrong', () => {
    const other = { ...DRIVER, namespace: 'elsewhere' };
    expect(turn({ losing: ['database'], drivers: [DRIVER, other] })).toEqual({
      kind: 'keep',
      volumes: ['database'],
    });
  });

  it('tidies up before it stops for what is wrong', () => {
    const claim = { uid: 'c', operation: 'one', isBound: true, isDeleting: false, warning: undefined };
    const drivers = [DRIVER, { ...DRIVER, namespace: 'elsewhere' }];
    expect(turn({ drivers, claim })).toEqual({ kind: 'tidy' });
    expect(turn({ drivers })).toMatchObject({ kind: 'failed', problem: { code: 'storage.two-drivers' } });
  });

  it('waits for a driver that is there and not ready, and names it', () => {
    expect(turn({ drivers: [{ ...DRIVER, isReady: false }] })).toMatchObject({
      kind: 'wait',
      late: { code: 'storage.no-driver', detail: 'kube-system/driver is not ready' },
    });
  });
});

describe('the trial write', () => {
  it('B-23 runs as the user of the database, in its folder, and with no right that it does not need', () => {
    const place = {
      namespace: 'own',
      operation: 'one',
      attempt: 2,
      image: 'control-plane@sha256:0',
      program: '0',
    };
    const { metadata, spec } = trialObject(STORAGE, place);
    expect(metadata.name).toBe('appliance-storage-proof-2');
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 70, runAsGroup: 70, fsGroup: 70 },
      containers: [
        {
          image: 'control-plane@sha256:0',
          volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'pgdata' }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    });
  });

  it.each([
    ['{"ok":true,"ms":3}', { ms: 3 }],
    ['{"ok":false,"at":"writing","code":"EROFS","message":"read-only"}', 'storage.write-denied'],
    ['{"ok":false,"at":"writing","code":"EIO","message":"bad disk"}', 'storage.write-failed'],
    ['{"ok":false,"at":"reading back","code":"EDIFFERENT","message":"other"}', 'storage.write-failed'],
    ['node: bad option', undefined],
    ['{"ok":"yes"}', undefined],
    [`{"ok":true,"ms":3${' '.repeat(5000)}}`, undefined],
  ])('is read with care: %s', (text, wanted) => {
    const said = readSaid(text, { uid: 70 });
    if (typeof wanted === 'string') expect(said).toMatchObject({ problem: { code: wanted } });
    else expect(said).toEqual(wanted);
  });
});
