import { describe, expect, it } from 'vitest';
import { grownDefinition, type Precedence } from './definition.ts';

type Schema = Readonly<Record<string, unknown>>;
const definition = (properties: Schema, more: Schema = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'hosts.example.com' },
  spec: {
    group: 'example.com',
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', properties, ...more } },
      },
    ],
  },
});
const grown = (served: Schema, wanted: Schema, precedence: Precedence = 'served'): unknown =>
  grownDefinition(definition(served), definition(wanted), precedence);

describe('a definition of our kinds', () => {
  it('stays the very same when it knows all of it already: nothing is written', () => {
    const served = definition({ a: { type: 'string', maxLength: 20 }, b: { type: 'string' } });
    expect(grownDefinition(served, definition({ a: { type: 'string', maxLength: 10 } }), 'served')).toBe(
      served,
    );
  });

  it('is never lowered: what only the served one knows stays', () => {
    expect(grown({ a: { type: 'string' }, b: { type: 'object' } }, { a: { type: 'string' }, c: {} })).toEqual(
      definition({ a: { type: 'string' }, b: { type: 'object' }, c: {} }),
    );
  });

  it.each<[string, Schema, Schema, Schema]>([
    ['a longer text', { maxLength: 5 }, { maxLength: 9 }, { maxLength: 9 }],
    ['not a shorter text', { maxLength: 9 }, { maxLength: 5 }, { maxLength: 9 }],
    ['a text without an end', { maxLength: 5 }, {}, {}],
    ['a smaller least', { minItems: 2 }, { minItems: 1 }, { minItems: 1 }],
    ['words of both', { enum: ['x', 'y'] }, { enum: ['y', 'z'] }, { enum: ['x', 'y', 'z'] }],
    ['any word', { enum: ['x'] }, {}, {}],
    ['a demand of both only', { required: ['x', 'y'] }, { required: ['y', 'z'] }, { required: ['y'] }],
    ['no demand of one', {}, { required: ['z'] }, {}],
    [
      'lists of what grew',
      { items: { maxLength: 5 } },
      { items: { maxLength: 9 } },
      { items: { maxLength: 9 } },
    ],
    [
      'unknown members',
      {},
      { 'x-kubernetes-preserve-unknown-fields': true },
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
  ])('lets %s', (_what, served, wanted, both) => {
    expect(grown({ a: served }, { a: wanted })).toEqual(definition({ a: both }));
  });

  it('follows the newer build only where both cannot be had, and only while it is put in', () => {
    const [served, wanted] = [{ a: { pattern: '^a$' } }, { a: { pattern: '^b$' } }];
    expect(grown(served, wanted, 'served')).toEqual(definition(served));
    expect(grown(served, wanted, 'wanted')).toEqual(definition(wanted));
  });

  it('takes a further version in without storing anything in it', () => {
    const wanted = definition({});
    const next = { ...wanted.spec.versions[0], name: 'v2' };
    const both = grownDefinition(definition({}), { ...wanted, spec: { versions: [next] } }, 'wanted');
    expect(both['spec']).toMatchObject({
      versions: [
        { name: 'v1', storage: true },
        { name: 'v2', storage: false },
      ],
    });
  });
});
