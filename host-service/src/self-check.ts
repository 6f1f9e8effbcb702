import { createHash } from 'node:crypto';
import process from 'node:process';
import { rootCertificates } from 'node:tls';
import { brotliDecompressSync } from 'node:zlib';
import { GROUP_VERSION } from './contract/names.ts';
import { Problem, problemOf } from './contract/problem.ts';
import { readManifests } from './edges/files/manifests.ts';
import { openPage, type Page } from './edges/page/page.ts';
import { DEFINITIONS } from './control-plane.ts';
import { ownBuild } from './own-build.ts';
import { PAGE } from './serve.ts';

/** Kinds without whose definitions nothing can be stored. */
const KINDS = ['Appliance', 'Host', 'Operation', 'Release'];
/** Fewer mean a Node that was built without its list. */
const CERTIFICATES_MIN = 50;

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What `--self-check` prints. */
export interface SelfCheck {
  readonly ok: boolean;
  readonly node: string;
  /** Of the user that it runs as; undefined where there are none. */
  readonly uid: number | undefined;
  readonly checks: readonly Check[];
}

/** Looks whether everything that the program reads from beside itself is there and of use. Asks no network and needs no configuration. */
export async function selfCheck(): Promise<SelfCheck> {
  const checks = [
    await check('build', () => {
      const { build, contract, sourceRevision } = ownBuild();
      if (sourceRevision === undefined) throw new Problem('config.invalid', `${build} is no image`);
      return `${build}, contract ${contract}`;
    }),
    await check('definitions', definitions),
    await check('page', page),
    await check('languages', languages),
    await check('certificates', () => {
      const count = rootCertificates.length;
      if (count < CERTIFICATES_MIN) throw new Problem('config.invalid', `${count} root certificates`);
      return `${count} root certificates`;
    }),
  ];
  return {
    ok: checks.every(({ ok }) => ok),
    node: process.version,
    uid: process.getuid?.(),
    checks,
  };
}

async function check(name: string, look: () => string | Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    const { code, detail } = problemOf(error);
    return { name, ok: false, detail: `${code}: ${detail}` };
  }
}

function definitions(): string {
  const found = readManifests(DEFINITIONS).map(({ spec }) => kindIn(spec));
  const absent = KINDS.filter((kind) => !found.includes(kind));
  if (absent.length > 0) throw new Problem('config.invalid', `no definition of ${absent.join(', ')}`);
  return `${found.length} definitions of ${GROUP_VERSION}`;
}

function kindIn(spec: unknown): unknown {
  const names: unknown = Reflect.get(Object(spec), 'names');
  return Reflect.get(Object(names), 'kind');
}

/** The document and every asset that it names, whole and compressed. */
async function page(): Promise<string> {
  const opened = await openPage(PAGE);
  if (opened.build() === 'none') throw new Problem('config.unreadable', `${PAGE} has no page`);
  const document = await answerOf(opened, '/', '');
  const assets = [...String(document).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  if (assets.length === 0) throw new Problem('config.invalid', 'the page names no assets');
  for (const path of assets) {
    const [plain, small] = [await answerOf(opened, path, ''), await answerOf(opened, path, 'br')];
    const same = digestOf(plain) === digestOf(small) || digestOf(plain) === digestOf(unpacked(path, small));
    if (!same) throw new Problem('config.invalid', `${path} differs from its compressed form`);
  }
  return `${opened.build()}, ${assets.length} assets at first load`;
}

async function answerOf(opened: Page, path: string, acceptEncoding: string): Promise<Uint8Array | string> {
  const answer = await opened.answer({ path, acceptEncoding, nonce: 'n', ifNoneMatch: undefined });
  if (answer?.body === undefined) throw new Problem('config.unreadable', `${path} is not in the page`);
  return answer.body;
}

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

function unpacked(path: string, bytes: Uint8Array | string): Uint8Array {
  try {
    return brotliDecompressSync(bytes);
  } catch (cause) {
    throw new Problem('config.invalid', `${path} cannot be decompressed`, { cause });
  }
}

/** Dates and time zones come out of Node itself: the image has no data of its own for them. */
function languages(): string {
  const day = new Intl.DateTimeFormat('de', { month: 'long', timeZone: 'Europe/Berlin' }).format(0);
  if (day !== 'Januar') throw new Problem('config.invalid', 'this Node has no German');
  return `Node has ${Intl.supportedValuesOf('timeZone').length} time zones`;
}
