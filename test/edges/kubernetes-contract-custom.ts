import { expect, it } from 'vitest';
import { Asking, causesOf, DEFINITIONS } from './kubernetes-contract-asking.ts';
import type { Answer, ContractWorld, Found } from './kubernetes-contract-asking.ts';

const NAME = 'things.contract.example';
const THINGS = '/apis/contract.example/v1/namespaces/default/things';
const PATH = `${DEFINITIONS}/${NAME}`;
const SPEC = {
  type: 'object',
  required: ['color'],
  properties: {
    color: { type: 'string', enum: ['red', 'green'] },
    size: { type: 'integer', default: 3, minimum: 1, maximum: 9 },
    name: { type: 'string', maxLength: 5, pattern: '^[a-z]+$' },
    at: { type: 'string', format: 'date-time' },
    tags: { type: 'array', maxItems: 2, items: { type: 'string' } },
    port: { 'x-kubernetes-int-or-string': true },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          value: { type: 'string' },
          mode: { type: 'string', default: 'plain' },
        },
      },
    },
    words: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const version = (name: string, more: object): object => ({
  name,
  served: true,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: SPEC, status: { type: 'object', properties: { phase: { type: 'string' } } } },
    },
  },
  ...more,
});
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME },
  spec: {
    group: 'contract.example',
    names: { plural: 'things', kind: 'Thing' },
    scope: 'Namespaced',
    versions: [
      version('v1', { storage: true, subresources: { status: {} } }),
      version('v1beta1', { storage: false, subresources: { status: {} } }),
    ],
  },
};
const thing = (name: string, spec: object, more: object = {}) => ({
  apiVersion: 'contract.example/v1',
  kind: 'Thing',
  metadata: { name },
  spec: { color: 'red', ...spec },
  ...more,
});

/** Kinds that come with a definition. Each test stands on the first one. */
export function describeCustomKinds(world: () => ContractWorld): void {
  const api = new Asking(world);

  it('serves a kind from its definition, in all its versions', async () => {
    await api.applied('one', PATH, definition);
    const found = await api.eventually(
      'the definition is established',
      PATH,
      ({ object }) =>
        JSON.stringify(object['status'] ?? {}).includes('"Established","status":"True"') ||
        /"status":"True","type":"Established"|"type":"Established"[^}]*"status":"True"|"status":"True"[^}]*"type":"Established"/.test(
          JSON.stringify(object['status'] ?? {}),
        ),
    );
    expect(found['status']).toMatchObject({
      storedVersions: ['v1'],
      acceptedNames: { plural: 'things', singular: 'thing', listKind: 'ThingList' },
    });
    await api.eventually('the kind is served', THINGS, ({ code }) => code === 200);
    expect(await api.get('/apis/contract.example')).toMatchObject({
      preferredVersion: { version: 'v1' },
      versions: [{ version: 'v1' }, { version: 'v1beta1' }],
    });
    expect(await world().cluster.serves('contract.example/v1', 'things', new AbortController().signal)).toBe(
      true,
    );
    await api.done('POST', THINGS, thing('both', {}));
    const old = await api.get(`${THINGS.replace('/v1/', '/v1beta1/')}/both`);
    expect([old['apiVersion'], old['spec']]).toEqual(['contract.example/v1beta1', { color: 'red', size: 3 }]);
  });

  it('fills in defaults, drops what it does not know and tells the strict', async () => {
    const made = await api.done(
      'POST',
      `${THINGS}?fieldValidation=Ignore`,
      thing(
        'pruned',
        { extra: 1, parts: [{ id: 'a', more: 1 }], free: { any: { thing: 1 } }, words: { a: 'b' } },
        { surplus: true },
      ),
    );
    expect(made['spec']).toEqual({
      color: 'red',
      size: 3,
      parts: [{ id: 'a', mode: 'plain' }],
      free: { any: { thing: 1 } },
      words: { a: 'b' },
    });
    expect(made).not.toHaveProperty('surplus');
    const strict = await api.ask('POST', `${THINGS}?fieldValidation=Strict`, thing('strict', { extra: 1 }));
    expect([strict.code, strict.object.message]).toEqual([
      400,
      expect.stringContaining('unknown field "spec.extra"'),
    ]);
    const applied = await api.apply(
      'one',
      `${THINGS}/strict`,
      thing('strict', { extra: 1 }),
      '&fieldValidation=Strict',
    );
    expect([applied.code, applied.object.message]).toEqual([
      500,
      expect.stringContaining('.spec.extra: field not declared in schema'),
    ]);
    const mistyped = await api.apply('one', `${THINGS}/strict`, thing('strict', { size: 'x' }));
    expect([mistyped.code, mistyped.object.message]).toEqual([
      500,
      expect.stringContaining('.spec.size: expected numeric'),
    ]);
  });

  it.each<[string, object, string]>([
    ['a missing field', { color: undefined }, 'FieldValueRequired spec.color'],
    ['a value that is not on the list', { color: 'blue' }, 'FieldValueNotSupported spec.color'],
    ['a text that is too long', { name: 'abcdef' }, 'FieldValueTooLong spec.name'],
    ['a text of wrong form', { name: 'A' }, 'FieldValueInvalid spec.name'],
    ['a number that is too large', { size: 10 }, 'FieldValueInvalid spec.size'],
    ['a list that is too long', { tags: ['a', 'b', 'c'] }, 'FieldValueTooMany spec.tags'],
    ['a time that is none', { at: 'now' }, 'FieldValueTypeInvalid spec.at'],
    ['a text in place of a number', { size: 'x' }, 'FieldValueTypeInvalid spec.size'],
    ['a number in place of a text', { words: { a: 1 } }, 'FieldValueTypeInvalid spec.words.a'],
    ['an object where a number or text belongs', { port: {} }, 'FieldValueTypeInvalid spec.port'],
    ['two items with one key', { parts: [{ id: 'a' }, { id: 'a' }] }, 'FieldValueDuplicate spec.parts[1]'],
  ])('refuses %s', async (_what, spec, cause) => {
    const refused: Answer = await api.ask('POST', THINGS, thing('bad', spec));
    expect([refused.code, causesOf(refused)]).toEqual([422, expect.arrayContaining([cause])]);
  });

  it('keeps status and spec on endpoints of their own', async () => {
    const path = `${THINGS}/split`;
    const made = await api.done('POST', THINGS, thing('split', {}, { status: { phase: 'said' } }));
    expect(made).not.toHaveProperty('status');
    const reported = await api.done('PUT', `${path}/status`, {
      ...made,
      spec: { color: 'green' },
      status: { phase: 'up' },
    });
    expect(reported).toMatchObject({
      spec: { color: 'red' },
      status: { phase: 'up' },
      metadata: { generation: 1 },
    });
    const late = await api.ask('PUT', `${path}/status`, { ...made, status: { phase: 'late' } });
    expect(late.code).toBe(409);
    const written = await api.done('PUT', path, {
      ...reported,
      spec: { color: 'green' },
      status: { phase: 'no' },
    });
    expect(written).toMatchObject({
      spec: { color: 'green', size: 3 },
      status: { phase: 'up' },
      metadata: { generation: 2 },
    });
    const blind = await api.ask('PUT', path, thing('split', {}));
    expect([blind.code, causesOf(blind)]).toEqual([422, ['FieldValueInvalid metadata.resourceVersion']]);
    const stripped = await api.done('PUT', `${path}/status?fieldValidation=Ignore`, {
      ...written,
      status: { phase: 'up', unknown: 1 },
    });
    expect(stripped['status']).toEqual({ phase: 'up' });
    expect(stripped.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
  });

  it('says 410 inside of the answer to a watch from before its time', async () => {
    const { code, text } = await world().ask('GET', `${THINGS}?watch=1&timeoutSeconds=2&resourceVersion=1`);
    expect(code).toBe(200);
    const lines = text.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
  });

  it('merges lists by the keys that the schema names', async () => {
    const path = `${THINGS}/merged`;
    await api.applied(
      'one',
      path,
      thing('merged', { parts: [{ id: 'a', value: '1' }], tags: ['x'], words: { a: '1' } }),
    );
    const second = {
      apiVersion: 'contract.example/v1',
      kind: 'Thing',
      metadata: { name: 'merged' },
      spec: { parts: [{ id: 'b', value: '2' }], words: { b: '2' } },
    };
    const both = await api.applied('two', path, second);
    expect(both['spec']).toMatchObject({
      parts: [
        { id: 'a', value: '1', mode: 'plain' },
        { id: 'b', value: '2', mode: 'plain' },
      ],
      words: { a: '1', b: '2' },
    });
    expect(both.metadata.generation).toBe(2);
    expect(
      causesOf(
        await api.apply('two', path, { ...second, spec: { tags: ['y'], parts: [{ id: 'a', value: '2' }] } }),
      ),
    ).toEqual(
      expect.arrayContaining([
        'FieldManagerConflict .spec.tags',
        'FieldManagerConflict .spec.parts[id="a"].value',
      ]),
    );
    const left = await api.applied('two', path, { ...second, spec: {} });
    expect(left['spec']).toMatchObject({ parts: [{ id: 'a' }], words: { a: '1' } });
  });

  it('takes the kind out of service with its definition', async () => {
    const going = await api.done('GET', THINGS);
    expect((going.items ?? []).length).toBeGreaterThan(1);
    await api.done('DELETE', PATH);
    await api.eventually('the definition is gone', PATH, ({ code }) => code === 404);
    const after: Found = await api.eventually(
      'the kind is no longer served',
      THINGS,
      ({ code }) => code === 404,
    );
    expect(after.message).toBe('404 page not found\n');
  });
}
