import type { ProblemCode } from 'host-service/contract/problem.ts';

import { withConfig, withFiles, type Image } from './images.ts';
import type { Edition } from './vendor.ts';

/** A control plane that does not work, made from one that does. */
export interface Broken {
  /** What it does, as the end of a sentence. */
  readonly what: string;
  readonly code: ProblemCode;
  readonly make: (good: Image) => Image | Promise<Image>;
  readonly edition?: Edition;
  /** The node cannot reach the registry while it is put in. */
  readonly isCutOff?: true;
  /** It is never put in: its image says enough. */
  readonly isRefused?: true;
  /** It answered before it failed, so who was talking to it has to ask again. */
  readonly wasReady?: true;
  /** Waits as long as another one, for the same judgement: continuous integration leaves it out. */
  readonly isLike?: 'that cannot read what is stored' | 'that hangs before it was ever ready';
}

/** Runs a script inside the real program before anything of it does. */
const inside = (good: Image, script: string): Promise<Image> => {
  const variable = 'NODE_OPTIONS=--import=/test/fault.mjs';
  const patient = withConfig(good, { Env: [...good.config.config.Env, variable] });
  return withFiles(patient, new Map([['test/fault.mjs', { bytes: Buffer.from(script) }]]));
};

/** Instead of the real program. */
const instead = (good: Image, script: string): Image =>
  withConfig(good, { Entrypoint: ['/usr/local/bin/node', '--eval', script, '--'] });

/** What the program reads of one kind of object is not what is stored. */
const misread = (kind: string, change: string): string => `
const parse = JSON.parse;
const alter = (object, kind) => { if (kind === '${kind}' && object?.metadata) { ${change} } };
JSON.parse = (text, reviver) => {
  const value = parse(text, reviver);
  if (Array.isArray(value?.items)) for (const one of value.items) alter(one, String(value.kind).replace(/List$/, ''));
  else alter(value?.object ?? value, (value?.object ?? value)?.kind);
  return value;
};`;

/** The beginning of a program for another processor: 64-bit ELF for machine 0 (none). */
const FOREIGN = Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.alloc(57), Buffer.alloc(64)]);

/** Works until nobody else does: it ends whenever it would take the lead. */
export const ENDS_AS_LEADER = (good: Image): Promise<Image> =>
  inside(
    good,
    `const stringify = JSON.stringify;
JSON.stringify = (value, ...rest) => {
  const isOurs = value?.kind === 'Lease' && value.spec?.holderIdentity === process.env.POD_NAME;
  if (isOurs && value.spec.holderIdentity) process.exit(9);
  return stringify(value, ...rest);
};`,
  );

/** Cannot even begin. */
export const ENDS_AT_ONCE = (good: Image): Image =>
  instead(good, `console.error('no good'); process.exit(7);`);

/** Serves, leads, and never gets to say that it works: what it wants to write of its own Deployment does not leave it. */
export const NEVER_CLEARED = (good: Image): Promise<Image> =>
  inside(
    good,
    `const stringify = JSON.stringify;
JSON.stringify = (value, ...rest) => {
  if (value?.kind === 'Deployment') throw new Error('not this one');
  return stringify(value, ...rest);
};`,
  );

/** The vendor gives it twenty seconds where it is three minutes as shipped. */
const IMPATIENT: Edition = {
  edit: {
    'deployment.yaml': (text) =>
      text
        .replace('minReadySeconds: 30', 'minReadySeconds: 10')
        .replace('progressDeadlineSeconds: 180', 'progressDeadlineSeconds: 20'),
  },
};

/** The matrix: every way to be broken that can be told from outside, the quick ones first. */
export const BROKEN: readonly Broken[] = [
  {
    what: 'whose image is for another processor is not even put in',
    code: 'roll.wrong-architecture',
    isRefused: true,
    make: (good) => ({ ...good, config: { ...good.config, architecture: 's390x' } }),
  },
  {
    what: 'whose image does not say that it is one is not even put in',
    code: 'roll.not-accepted',
    isRefused: true,
    make: (good) => withConfig(good, { Labels: { 'org.opencontainers.image.title': 'something else' } }),
  },
  {
    what: 'whose image cannot be fetched is put back, and is tried again later',
    code: 'roll.image-missing',
    isCutOff: true,
    make: (good) => withFiles(good, new Map([['test/lost', { bytes: Buffer.from('lost') }]])),
  },
  {
    what: 'whose program is for another processor is put back',
    code: 'roll.wrong-architecture',
    make: (good) =>
      withFiles(good, new Map([['usr/local/bin/node', { bytes: FOREIGN, mode: 0o755 as const }]])),
  },
  {
    what: 'that ends at once is put back',
    code: 'roll.crashed',
    make: ENDS_AT_ONCE,
  },
  {
    what: 'that cannot read what is stored is put back',
    code: 'roll.objects-unreadable',
    make: (good) => inside(good, misread('Operation', `object.spec.verb = 'unheard-of';`)),
  },
  {
    what: 'that is too old for what is stored is put back',
    code: 'roll.storage-too-new',
    isLike: 'that cannot read what is stored',
    make: (good) =>
      inside(
        good,
        misread(
          'Appliance',
          `object.metadata.annotations = { ...object.metadata.annotations, 'appliance.nineminds.com/storage-version': '9' };`,
        ),
      ),
  },
  {
    what: 'that eats memory is put back',
    code: 'roll.out-of-memory',
    make: (good) =>
      inside(
        good,
        `const all = []; setTimeout(() => { for (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1)); }, 500);`,
      ),
  },
  {
    what: 'that may not read what it has to, so that it is never ready, is put back',
    code: 'roll.never-ready',
    isLike: 'that cannot read what is stored',
    edition: {
      edit: {
        'deployment.yaml': (text) =>
          text.replace('serviceAccountName: appliance-control-plane', 'serviceAccountName: default'),
      },
    },
    make: (good) => withFiles(good, new Map([['test/rights', { bytes: Buffer.from('none') }]])),
  },
  {
    what: 'that says for ever that it is not ready is put back when the patience of its own Deployment is over',
    code: 'roll.never-ready',
    isLike: 'that hangs before it was ever ready',
    edition: IMPATIENT,
    make: (good) =>
      inside(
        good,
        `import { Server } from 'node:http';
const emit = Server.prototype.emit;
Server.prototype.emit = function (event, incoming, answer) {
  if (event !== 'request' || incoming.url !== '/api/ready') return emit.apply(this, arguments);
  answer.writeHead(503).end();
  return true;
};`,
      ),
  },
  {
    what: 'that hangs before it was ever ready is put back',
    code: 'roll.never-ready',
    edition: IMPATIENT,
    make: (good) =>
      inside(good, `setImmediate(() => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`),
  },
  {
    what: 'that crashes a while after it was ready is put back',
    code: 'roll.crashed',
    wasReady: true,
    make: (good) => inside(good, `setTimeout(() => { process.exit(9); }, 12_000).unref();`),
  },
  {
    what: 'that hangs a while after it was ready is put back',
    code: 'roll.silent',
    wasReady: true,
    make: (good) => inside(good, `setTimeout(() => { for (;;); }, 12_000).unref();`),
  },
];
