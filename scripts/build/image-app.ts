import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Version } from '../../host-service/src/contract/names.ts';
import { ownBuild } from '../../host-service/src/own-build.ts';
import { below, readTree, type Entry } from './image-layer.ts';
import { npmPackages } from './image-npm.ts';
import type { Part } from './image-parts.ts';
import { buildPage } from './page.ts';
import { buildPrograms } from './programs.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** Where our files lie in the image. A file's place below is its place in the tree of sources. */
export const APP = 'app';
export const PROGRAM = `${APP}/host-service/bin/appliance-control-plane.js`;

/** Which image this is: what release-manifest.json says but for the page's build. */
export interface About {
  readonly version: Version;
  /** Commit; with `-dirty` when tracked files differ from it. */
  readonly sourceRevision: string;
  /** RFC 3339, whole seconds: SOURCE_DATE_EPOCH, else the commit's time. */
  readonly built: string;
  /** Kind of documents that the program reads (design §4). */
  readonly contract: number;
}

const git = async (...args: readonly string[]): Promise<string> =>
  (await run('git', [...args], { cwd: ROOT })).stdout.trim();

/** @throws Error when this is neither a checkout nor told by `revision` and SOURCE_DATE_EPOCH what it is */
export async function aboutOf(asked: {
  readonly version?: string | undefined;
  readonly revision?: string | undefined;
}): Promise<About> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as unknown;
  const version = asked.version ?? z.looseObject({ version: z.string() }).parse(manifest).version;
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? (await git('log', '-1', '--format=%ct'));
  const seconds = z.coerce.number().int().min(0).parse(epoch);
  const isDirty = async (): Promise<boolean> =>
    (await git('status', '--porcelain', '--untracked-files=no')) !== '';
  const revision = asked.revision ?? `${await git('rev-parse', 'HEAD')}${(await isDirty()) ? '-dirty' : ''}`;
  return {
    version: Version.parse(version),
    sourceRevision: revision,
    built: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    contract: ownBuild(join(ROOT, 'no-manifest-beside-sources')).contract,
  };
}

/** Program, page, definitions of our kinds, terms of everything in them, and the manifest that says which build it is. */
export async function appPart(about: About): Promise<Part> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-app-'));
  try {
    const built = join(folder, 'app');
    await buildPrograms(built);
    const page = await inProduction(() => buildPage(join(built, 'setup-ui/dist'), 'production'));
    const files = await readTree(built, (path) => isShipped(`${APP}/${path}`));
    const { packages, terms } = await npmPackages();
    const manifest = { ...about, uiBuild: page.build };
    const own: readonly (readonly [string, Entry])[] = [
      ['release-manifest.json', { bytes: Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`) }],
      ['LICENSE', { bytes: await readFile(join(ROOT, 'LICENSE')) }],
    ];
    const all = [...below(APP, files), ...below(APP, new Map(own)), ...below(`${APP}/licences`, terms)];
    return { name: 'app', tree: new Map(all), packages };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whatever the shell says: by NODE_ENV the builder would put React's other half, and names of this machine's files, into the page. */
async function inProduction<T>(act: () => Promise<T>): Promise<T> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    return await act();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

/** Not the other programs, which are the host's and the vendor's, and no maps for debuggers. */
function isShipped(path: string): boolean {
  if (path.endsWith('.map') || path.includes('/.')) return false;
  return !path.startsWith(`${APP}/host-service/bin/`) || path === PROGRAM;
}
