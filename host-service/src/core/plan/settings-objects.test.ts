import { describe, expect, it } from 'vitest';
import { makeProduct } from '../../../../test/fixtures/documents.ts';
import { CONFIRMED, known, PROFILE, registryOf } from '../../../../test/flow/plan-world.ts';
import { namespaceObjects, secretObjects, selectionObject, valuesObjects } from './settings-objects.ts';
import { sourceObjects } from './source-objects.ts';

const product = makeProduct({
  namespaces: [{ name: 'msp', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }],
  settings: {
    appUrl: { type: 'url', title: 'Address' },
    password: { type: 'password', title: 'Password' },
    note: { type: 'text', title: 'Note', required: false },
    edition: { type: 'text', title: 'Edition', default: 'ce' },
  },
  secrets: [
    {
      name: 'app',
      namespace: 'msp',
      keys: {
        HEX: { generate: 'hex', bytes: 16 },
        URL: { generate: 'base64url', bytes: 16 },
        PASSWORD: { setting: 'password' },
        NOTE: { setting: 'note' },
        EDITION: { setting: 'edition' },
        FIXED: { literal: 'x' },
      },
    },
  ],
});
const text = (base64: unknown): string => Buffer.from(String(base64), 'base64').toString('utf8');
const randomBytes = (count: number): Uint8Array => new Uint8Array(count).fill(7);
const secrets = (
  existing: Parameters<typeof secretObjects>[0]['existing'],
  settings: Record<string, string> = { password: 'secret' },
): ReturnType<typeof secretObjects> => secretObjects({ product, settings, existing, randomBytes });

describe('namespaces', () => {
  it('R8 are made with the security level of the product', () => {
    expect(namespaceObjects(product)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'msp',
          labels: {
            'app.kubernetes.io/managed-by': 'appliance',
            'pod-security.kubernetes.io/enforce': 'baseline',
          },
        },
      },
    ]);
  });
});

describe('secrets', () => {
  it('are created with generated, answered and fixed keys; an unanswered optional one is left out', () => {
    const made = secrets(new Map());
    const [write] = made.ok ? made.value : [];
    expect(write).toMatchObject({ how: 'create', keys: ['HEX', 'URL', 'PASSWORD', 'EDITION', 'FIXED'] });
    const data = write?.object['data'] as Record<string, string>;
    expect(text(data['HEX'])).toBe('07'.repeat(16));
    expect(text(data['URL'])).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(text(data['PASSWORD'])).toBe('secret');
    expect(text(data['EDITION'])).toBe('ce');
  });

  it('B-06 R1 are generated once: keys that exist stay byte for byte, only missing ones are added', () => {
    const held = { HEX: 'b2xk', PASSWORD: '', OTHER: 'eA==' };
    const existing = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: 'app', namespace: 'msp', resourceVersion: '7', labels: { theirs: 'yes' } },
      data: held,
    };
    const made = secrets(new Map([['msp/app', existing]]));
    const [write] = made.ok ? made.value : [];
    expect(write).toMatchObject({
      how: 'replace',
      keys: ['URL', 'EDITION', 'FIXED'],
      object: { metadata: existing.metadata, type: 'Opaque', data: held },
    });
  });

  it('B-06 are not written at all when every key is there, however often', () => {
    const data = { HEX: 'YQ==', URL: 'YQ==', PASSWORD: 'YQ==', NOTE: 'YQ==', EDITION: 'YQ==', FIXED: 'YQ==' };
    const existing = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'app', namespace: 'msp' }, data };
    for (const answer of ['one', 'two', 'three']) {
      expect(secrets(new Map([['msp/app', existing]]), { password: answer })).toEqual({
        ok: true,
        value: [],
      });
    }
  });

  it('are refused without a needed answer', () => {
    expect(secrets(new Map(), {})).toMatchObject({
      ok: false,
      problem: { code: 'plan.settings-missing', subject: 'password' },
    });
  });
});

describe('values ConfigMaps', () => {
  const values = new Map([
    ['web/web.single-node.1.1.0.yaml', 'b: 2\n'],
    ['db/db.single-node.1.1.0.yaml', 'c: 3\n'],
  ]);

  it('are one per component, noticed by the delivery engine at once', () => {
    const made = valuesObjects({ product, values, existing: new Map() });
    expect(made.map(({ metadata }) => metadata)).toMatchObject([
      {
        name: 'appliance-values-web',
        namespace: 'alga-system',
        labels: { 'reconcile.fluxcd.io/watch': 'Enabled' },
      },
      { name: 'appliance-values-db' },
    ]);
  });

  it('carry the keys that shall stay, because what is left out would be deleted; foreign keys are not claimed', () => {
    const existing = new Map([
      [
        'web',
        { 'web.single-node.1.0.0.yaml': 'a: 1\n', 'web.single-node.yaml': 'a: 1\n', 'notes.txt': 'mine' },
      ],
    ]);
    const [web] = valuesObjects({ product, values, existing });
    expect(web?.['data']).toEqual({
      'web.single-node.1.0.0.yaml': 'a: 1\n',
      'web.single-node.1.1.0.yaml': 'b: 2\n',
      'web.single-node.yaml': 'a: 1\n',
    });
  });

  it('drop what is to be removed and touch no other component', () => {
    const existing = new Map([
      ['web', { 'web.single-node.1.0.0.yaml': 'a: 1\n', 'web.single-node.1.1.0.yaml': 'b: 2\n' }],
      ['db', { 'db.single-node.1.0.0.yaml': 'a: 1\n' }],
    ]);
    const made = valuesObjects({
      product,
      values: new Map(),
      existing,
      remove: new Set(['web/web.single-node.1.0.0.yaml']),
    });
    expect(made).toHaveLength(1);
    expect(made[0]?.['data']).toEqual({ 'web.single-node.1.1.0.yaml': 'b: 2\n' });
  });
});

describe('the selection', () => {
  it('has the fields of the predecessor', () => {
    const release = known(
      '1.0.0',
      {
        images: {
          algaCore: {
            repository: 'registry.example.com/a',
            digest: `sha256:${'a'.repeat(64)}`,
            size: 1,
            tag: 'abc',
          },
          web: { repository: 'registry.example.com/w', digest: `sha256:${'b'.repeat(64)}`, size: 1 },
        },
      },
      CONFIRMED,
    );
    expect(selectionObject({ product, release, channel: 'stable' })).toMatchObject({
      metadata: { name: 'appliance-release-selection', namespace: 'alga-system' },
      data: {
        releaseVersion: '1.0.0',
        selectedChannel: 'stable',
        appVersion: '1.0.0',
        registryHost: 'registry.example.com',
        repository: 'vendor/appliance-release',
        manifestDigest: '',
        algaCoreTag: 'abc',
        webTag: `sha256:${'b'.repeat(64)}`,
        controlPlaneTag: '0.1.0',
        supportAgent: '',
      },
    });
  });
});

describe('source and root Kustomization', () => {
  const release = known('1.0.0');
  const at = (insecure: boolean, over = {}): ReturnType<typeof sourceObjects> =>
    sourceObjects({
      product: makeProduct(over),
      release,
      profile: PROFILE,
      registryOf: insecure ? () => ({ host: '127.0.0.1:5000', insecure }) : registryOf,
    });

  it('pin the bundle by digest and say in the same object which release it is', () => {
    expect(at(false).source).toMatchObject({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      metadata: {
        name: 'test-product',
        namespace: 'flux-system',
        annotations: { 'appliance.nineminds.com/release': release.digest },
      },
      spec: {
        url: 'oci://registry.example.com/vendor/config',
        ref: { digest: release.release.config.digest },
      },
    });
  });

  it('leave pausing to people, and never delete the application with the Kustomization', () => {
    const { source, kustomization } = at(false);
    expect(JSON.stringify([source, kustomization])).not.toContain('suspend');
    expect(kustomization['spec']).toMatchObject({
      path: './base',
      prune: true,
      wait: false,
      deletionPolicy: 'Orphan',
      sourceRef: { kind: 'OCIRepository', name: 'test-product' },
      postBuild: {
        substitute: {
          appliance_profile: 'single-node',
          appliance_registry: 'registry.example.com',
          appliance_registry_insecure: 'false',
        },
      },
    });
  });

  it('speak plain HTTP only where they are told to, and verify signatures only when the product says so', () => {
    expect(at(false).source['spec']).not.toHaveProperty('insecure');
    expect(at(false).source['spec']).not.toHaveProperty('verify');
    expect(at(true).source['spec']).toMatchObject({
      insecure: true,
      url: 'oci://127.0.0.1:5000/vendor/config',
    });
    const flux = { namespace: 'flux-system', name: 'p', path: './base', verify: { secretName: 'keys' } };
    expect(at(false, { flux }).source['spec']).toMatchObject({
      verify: { provider: 'cosign', secretRef: { name: 'keys' } },
    });
  });
});
