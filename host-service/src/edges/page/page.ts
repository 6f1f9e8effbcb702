import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findFiles, type Found } from './files.ts';

/** Stands in index.html where the nonce of an answer belongs. */
const NONCE = '__NONCE__';
const INDEX = '/index.html';
/** Vite's name for a file whose content never changes: `assets/index-DkJ2a9_x.js`. */
const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
const NO_PAGE =
  'The control plane runs, but it was built without its page.\n' +
  'Use the command line (`appliance status`), or build the page with `npm run build`.\n';
/** Milliseconds for which a folder without a page is not looked at again. */
const LOOK_MS = 1_000;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
  map: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json',
};

export interface PageQuery {
  /** As the browser sent it, without query. */
  readonly path: string;
  readonly nonce: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string | undefined;
}
export interface PageAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string | undefined;
}
export interface Page {
  /** What `build.json` says; `none` without a page. */
  build(): string;
  /** undefined = no such file. Addresses without a dot in their last part belong to the page itself. */
  answer(query: PageQuery): Promise<PageAnswer | undefined>;
}

const Build = z.object({ build: z.string().min(1).max(128) });

/** A built page in memory of names: only files that were there when it was looked at are ever opened, so no address leads elsewhere. */
export async function openPage(folder: string): Promise<Page> {
  const state = { ...(await look(folder)), lookedAt: performance.now() };
  const fresh = async (): Promise<ReadonlyMap<string, Found>> => {
    if (!state.files.has(INDEX) && performance.now() - state.lookedAt > LOOK_MS)
      Object.assign(state, await look(folder), { lookedAt: performance.now() });
    return state.files;
  };
  return {
    build: () => state.build,
    answer: async (query) => {
      const files = await fresh();
      const isScreen = !/\.[^/]*$/.test(query.path);
      const path = isScreen ? INDEX : query.path;
      const file = files.get(path);
      if (path === INDEX) return indexOf(file, query.nonce);
      return file === undefined ? undefined : assetOf(path, file, query);
    },
  };
}

async function look(folder: string): Promise<{ files: ReadonlyMap<string, Found>; build: string }> {
  const files = await findFiles(folder);
  const text = await readFile(join(folder, 'build.json'), 'utf8').catch(() => undefined);
  return { files, build: files.has(INDEX) ? buildOf(text) : 'none' };
}

function buildOf(text: string | undefined): string {
  try {
    return Build.parse(JSON.parse(text ?? '')).build;
  } catch {
    // A page without its name still works; the footer shows that nobody knows which one it is.
    return 'unknown';
  }
}

/** Never kept: the nonce in it is good for this one answer. */
async function indexOf(file: Found | undefined, nonce: string): Promise<PageAnswer> {
  const headers = { 'cache-control': 'no-store', vary: 'accept-encoding' };
  if (file === undefined)
    return { status: 200, headers: { ...headers, 'content-type': TYPES['txt'] ?? '' }, body: NO_PAGE };
  const text = await readFile(file.path, 'utf8');
  return {
    status: 200,
    headers: { ...headers, 'content-type': TYPES['html'] ?? '' },
    body: text.replaceAll(NONCE, nonce),
  };
}

async function assetOf(path: string, file: Found, query: PageQuery): Promise<PageAnswer> {
  const { coding, path: stored } = chosen(file, query.acceptEncoding);
  const body = await readFile(stored);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = {
    etag,
    vary: 'accept-encoding',
    'content-type': TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(coding === undefined ? {} : { 'content-encoding': coding }),
  };
  const known = (query.ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.includes(etag)
    ? { status: 304, headers, body: undefined }
    : { status: 200, headers, body: new Uint8Array(body) };
}

/** The smallest form that the browser takes. */
function chosen(file: Found, acceptEncoding: string): { coding: string | undefined; path: string } {
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .filter((part) => !/;\s*q=0(\.0+)?\s*$/.test(part))
    .map((part) => (part.split(';', 1)[0] ?? '').trim());
  for (const coding of ['br', 'gzip'] as const) {
    const path = file.encoded[coding];
    if (path !== undefined && accepted.includes(coding)) return { coding, path };
  }
  return { coding: undefined, path: file.path };
}
