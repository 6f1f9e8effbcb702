import { describe, expect, it } from 'vitest';
import { IntentChange } from 'host-service/contract/api/intent.ts';
import { keepSecretAnswers } from 'host-service/engine/answers.ts';
import { makeProduct } from '../fixtures/documents.ts';
import { fingerprint, planeOn, WHO } from './handle-world.ts';
import { Box, PRODUCT } from './world/box.ts';

const SEED = { kind: 'Secret', namespace: 'msp', name: 'licence-seed' } as const;
const DRAFT = {
  kind: 'Secret',
  namespace: 'alga-appliance-control-plane',
  name: 'appliance-draft',
} as const;
const OLD = 'old.licence.key';
const NEW = 'new.licence.key-x9Q';

/** A product whose licence key lies in a Secret beside a key that is generated once. */
const LICENSED = makeProduct({
  namespaces: PRODUCT.namespaces,
  secrets: [
    ...PRODUCT.secrets,
    {
      ...{ name: SEED.name, namespace: SEED.namespace, readBy: ['db'] },
      keys: {
        LICENSE_TOKEN: { setting: 'licence' },
        ONCE: { generate: 'hex', bytes: 16 },
        PASSWORD: { setting: 'password' },
      },
    },
  ],
  settings: {
    appUrl: { type: 'url', title: 'Address' },
    licence: { type: 'secret', title: 'Licence', required: false },
    password: { type: 'password', title: 'Password', required: false, editable: false },
  },
});

const textsAt = (box: Box, ref: typeof SEED | typeof DRAFT): Readonly<Record<string, string>> => {
  const data: unknown = box.cluster.store.get(ref)?.['data'];
  return Object.fromEntries(
    Object.entries(Object(data) as Record<string, string>).map(([key, text]) => [key, atob(text)]),
  );
};

/** A box that runs, with the old licence key. */
async function licensed(): Promise<{ box: Box; plane: ReturnType<typeof planeOn> }> {
  const box = new Box();
  box.product = LICENSED;
  box.vendor.publish('1.0.0');
  box.edit((spec) => ({ ...spec, settings: { appUrl: 'https://psa.example.com' } }));
  const secrets = { licence: OLD, password: 'correct horse battery' };
  await keepSecretAnswers(box.ports().cluster, secrets, box.signal);
  await box.run();
  const plane = planeOn(box);
  expect(textsAt(box, SEED)).toMatchObject({ LICENSE_TOKEN: OLD, PASSWORD: 'correct horse battery' });
  return { box, plane };
}

describe('a secret answer after the installation', () => {
  it('B-06 is replaced where it is used and nowhere else, once, and the change says before what reads it', async () => {
    const { box, plane } = await licensed();
    const before = textsAt(box, SEED);
    const change = IntentChange.parse({ secrets: { licence: NEW } });
    const untouched = fingerprint(box);

    const preview = await plane.handle.previewIntent(change, WHO, box.signal);
    expect(preview.changes).toEqual([{ path: 'secrets.licence' }]);
    expect(preview.touches).toMatchObject([{ setting: 'licence', restarts: [] }]);
    expect(preview.touches[0]?.readBy).toHaveLength(1);
    expect(preview.plan.steps.find(({ kind }) => kind === 'write-settings')?.done).toBe(false);
    expect(JSON.stringify(preview)).not.toContain(NEW);
    expect(fingerprint(box)).toBe(untouched);

    await plane.handle.changeIntent(change, WHO, box.signal);
    await box.run();
    expect(textsAt(box, SEED)).toEqual({ ...before, LICENSE_TOKEN: NEW });
    expect(Object.keys(textsAt(box, DRAFT)).filter((key) => key.startsWith('_replace.'))).toEqual([]);

    // Somebody's tool has written another one since: nothing takes it back.
    const seed = box.cluster.must(SEED.kind, SEED.name, SEED.namespace);
    const data = { ...(Object(seed['data']) as object), LICENSE_TOKEN: btoa('of.the.application') };
    box.cluster.store.replace({ ...seed, data });
    await box.run();
    expect(textsAt(box, SEED)['LICENSE_TOKEN']).toBe('of.the.application');
  });

  it('B-06 stays when it may not change, and a generated key is never anybody’s to replace (request.invalid)', async () => {
    const { box, plane } = await licensed();
    const before = textsAt(box, SEED);
    for (const secrets of [{ password: 'another horse battery' }, { ONCE: 'x' }]) {
      const change = IntentChange.parse({ secrets });
      await expect(plane.handle.changeIntent(change, WHO, box.signal)).rejects.toMatchObject({
        code: 'request.invalid',
      });
    }
    await box.run();
    expect(textsAt(box, SEED)).toEqual(before);
  });
});
