import { describe, expect, it } from 'vitest';
import { makeProduct, releaseJson } from '../../../../test/fixtures/documents.ts';
import { Release } from '../../contract/release.ts';
import { replacedIn, replaceMarkOf, withReplaceMarks } from './replace.ts';
import { touchesOf } from './touches.ts';

const part = (name: string, kind: 'Deployment' | 'HelmRelease', title: string) => ({
  ...{ name, kind, namespace: 'msp', tier: 'core' as const, title },
});
const PRODUCT = makeProduct({
  settings: {
    appUrl: { type: 'url', title: 'Address' },
    licence: { type: 'secret', title: 'Licence', required: false },
    file: { type: 'file', title: 'File', required: false },
    password: { type: 'password', title: 'Password', editable: false },
    mail: { type: 'email', title: 'Mail', required: false },
  },
  secrets: [
    {
      ...{ name: 'seed', namespace: 'msp', readBy: ['job'] },
      keys: { TOKEN: { registration: 'token', setting: 'licence' }, ONCE: { generate: 'hex', bytes: 16 } },
    },
    { ...{ name: 'user', namespace: 'msp' }, keys: { PASSWORD: { setting: 'password' } } },
  ],
  components: [part('core', 'HelmRelease', 'Core'), part('job', 'Deployment', 'Preparation')],
  inject: [
    { component: 'core', path: 'appUrl', setting: 'appUrl' },
    { component: 'core', path: 'host', setting: 'appUrl', form: 'host' },
  ],
});

describe('what another answer touches', () => {
  it('is each part whose values take it, once, and each that reads its Secret', () => {
    expect(touchesOf(PRODUCT, undefined, ['appUrl', 'licence', 'mail'])).toEqual([
      { setting: 'appUrl', restarts: ['Core'], readBy: [] },
      { setting: 'licence', restarts: [], readBy: ['Preparation'] },
      { setting: 'mail', restarts: [], readBy: [] },
    ]);
  });

  it('follows the release that runs, which may take answers elsewhere than the product says today', () => {
    const running = Release.parse(
      releaseJson({
        inject: [{ component: 'worker', path: 'url', setting: 'appUrl' }],
        components: [part('worker', 'HelmRelease', 'Worker package')],
      }),
    );
    expect(touchesOf(PRODUCT, running, ['appUrl'])[0]?.restarts).toEqual(['Worker package']);
  });
});

describe('an answer that is replaced', () => {
  const held = new Map([['msp/seed', new Set(['TOKEN', 'ONCE'])]]);
  const keysOf = (secret: string): ReadonlySet<string> | undefined => held.get(secret);

  it('B-06 is marked only where a Secret has it and it may change', () => {
    const texts = { licence: 'a', file: 'b', password: 'c' };
    const marked = withReplaceMarks(PRODUCT, keysOf, texts, ['licence', 'file', 'password', 'toString']);
    expect(Object.keys(marked).filter((key) => key.startsWith('_'))).toEqual([replaceMarkOf('licence')]);
    expect(withReplaceMarks(PRODUCT, () => undefined, texts, ['licence'])).toEqual(texts);
  });

  it('counts as long as the answer itself lies in the draft', () => {
    const marks = ['licence', 'password', 'appUrl', 'gone'].map(replaceMarkOf);
    expect(replacedIn(PRODUCT, [...marks, 'licence', 'password', 'appUrl'])).toEqual(['licence']);
    expect(replacedIn(PRODUCT, marks)).toEqual([]);
  });
});
