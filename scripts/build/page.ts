import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../setup-ui/', import.meta.url));
/** Smaller files are not worth a second one. Bytes. */
const COMPRESS_FROM = 1024;
/** First-load JavaScript, gzipped, in bytes (design §12). */
export const FIRST_LOAD_LIMIT = 110_000;

const Manifest = z.record(
  z.string(),
  z.object({
    file: z.string(),
    isEntry: z.boolean().optional(),
    imports: z.array(z.string()).optional(),
    dynamicImports: z.array(z.string()).optional(),
    css: z.array(z.string()).optional(),
  }),
);
type Manifest = z.infer<typeof Manifest>;

export interface PageReport {
  /** Hash of everything in the page; what `/api/version` calls `uiBuild`. */
  readonly build: string;
  /** JavaScript that comes before anything is drawn, gzipped: file -> bytes. One language counts, because one is loaded. */
  readonly firstLoad: Readonly<Record<string, number>>;
  /** What the overview adds. */
  readonly overview: Readonly<Record<string, number>>;
  readonly css: number;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Files that a browser fetches for the parts whose keys are named, and all that they import. */
function filesFor(
  manifest: Manifest,
  isWanted: (key: string, isEntry: boolean) => boolean,
): readonly string[] {
  const seen = new Set<string>();
  const visit = (key: string): void => {
    if (seen.has(key)) return;
    seen.add(key);
    for (const next of manifest[key]?.imports ?? []) visit(next);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (isWanted(key, chunk.isEntry === true)) visit(key);
  return [...seen].flatMap((key) => manifest[key]?.file ?? []);
}

async function gzipSize(path: string): Promise<number> {
  return (await promisify(gzip)(await readFile(path), { level: 9 })).byteLength;
}

/** Writes `.br` and `.gz` beside a file, where that saves something. */
async function compressFile(path: string): Promise<void> {
  const bytes = await readFile(path);
  if (bytes.byteLength <= COMPRESS_FROM) return;
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
    }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  if (br.byteLength < bytes.byteLength) await writeFile(`${path}.br`, br);
  if (gz.byteLength < bytes.byteLength) await writeFile(`${path}.gz`, gz);
}

/** One hash over names and bytes, in the order of names. */
async function hashOf(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.slice(folder.length)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}

/**
 * Builds the page into a folder: assets with their hash in the name, `index.html` with `__NONCE__` where the server puts its nonce,
 * `build.json`, and precompressed assets.
 *
 * @throws Error when the page does not build
 */
export async function buildPage(folder: string, mode: 'production' | 'demo'): Promise<PageReport> {
  // The shell's NODE_ENV would choose React's development build, with paths of this machine inside.
  const shells = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({
      root: ROOT,
      configFile: join(ROOT, 'vite.config.ts'),
      mode,
      logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true },
    });
  } finally {
    if (shells === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = shells;
  }
  const manifestPath = join(folder, '.vite/manifest.json');
  const manifest = Manifest.parse(JSON.parse(await readFile(manifestPath, 'utf8')));
  const files = (await filesOf(folder)).filter((file) => file !== manifestPath);
  const name = await hashOf(folder, files);
  const index = join(folder, 'index.html');
  const html = await readFile(index, 'utf8');
  await writeFile(index, html.replace('name="ui-build" content="dev"', `name="ui-build" content="${name}"`));
  // The document itself is filled in for each answer and therefore not compressed here.
  await Promise.all(files.filter((file) => file !== index).map(compressFile));
  await writeFile(join(folder, 'build.json'), `${JSON.stringify({ build: name })}\n`);
  const isFirst = (key: string, isEntry: boolean): boolean => isEntry || key.endsWith('words/de');
  const first = filesFor(manifest, isFirst);
  const withOverview = filesFor(
    manifest,
    (key, isEntry) => isFirst(key, isEntry) || key.endsWith('overview-screen.tsx'),
  );
  const sizesOf = async (list: readonly string[]): Promise<Record<string, number>> => {
    const sized = await Promise.all(
      list.map(async (file) => [file, await gzipSize(join(folder, file))] as const),
    );
    return Object.fromEntries(sized);
  };
  const styles = files.filter((file) => file.endsWith('.css'));
  const sizes = await Promise.all(styles.map(gzipSize));
  return {
    build: name,
    firstLoad: await sizesOf(first),
    overview: await sizesOf(withOverview.filter((file) => !first.includes(file))),
    css: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** `npm run build:page [-- FOLDER] [-- --demo]`: with `--demo` the gallery of states is in it. */
if (import.meta.main) {
  const words = process.argv.slice(2);
  const folder = resolve(words.find((word) => !word.startsWith('--')) ?? join(ROOT, 'dist'));
  const report = await buildPage(folder, words.includes('--demo') ? 'demo' : 'production');
  for (const [file, bytes] of Object.entries(report.firstLoad))
    console.log(`${String(bytes).padStart(7)}  ${file}`);
  const total = Object.values(report.firstLoad).reduce((sum, bytes) => sum + bytes, 0);
  console.log(`${String(total).padStart(7)}  first-load JavaScript, gzipped (limit ${FIRST_LOAD_LIMIT})`);
  const more = Object.values(report.overview).reduce((sum, bytes) => sum + bytes, 0);
  console.log(`${String(more).padStart(7)}  more for the overview: ${String(total + more)} in all`);
  console.log(`${String(report.css).padStart(7)}  style, gzipped`);
  console.log(`build ${report.build} in ${folder}`);
  if (total > FIRST_LOAD_LIMIT) {
    console.error('too large');
    process.exitCode = 1;
  }
}
