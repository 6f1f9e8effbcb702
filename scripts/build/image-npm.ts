import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Entry } from './image-layer.ts';
import type { Package } from './image-parts.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Workspaces whose production dependencies go into the program and the page. */
const SHIPPED = ['host-service', 'setup-ui'] as const;
/** Read at build time only, but parts of it are in what is built. */
const COMPILED_IN = ['node_modules/tailwindcss'] as const;
const TERMS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

const Locked = z.looseObject({
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  resolved: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});
type Locked = z.infer<typeof Locked>;
const LockFile = z.looseObject({ packages: z.record(z.string(), Locked) });
type Packages = Readonly<Record<string, Locked>>;

/** Where a package finds another: beside itself, else in a folder above. */
function found(packages: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const entry = packages[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved : path;
    if (folder === '') return undefined;
  }
}

/** Paths of everything that is needed at run time. Peers are named by those who bring them, or are tools of the build. */
function closure(packages: Packages): readonly string[] {
  const seen = new Set<string>();
  const todo: string[] = [...SHIPPED, ...COMPILED_IN];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const name of Object.keys(packages[path]?.dependencies ?? {})) {
      const next = found(packages, path, name);
      if (next === undefined) throw new Error(`${name}, which ${path} needs, is not in package-lock.json`);
      // Descriptions of types are read by the compiler only.
      if (!name.startsWith('@types/')) todo.push(next);
    }
  }
  return [...seen].filter((path) => path.includes('node_modules/')).toSorted();
}

/** What the lock file says went into program and page, and the terms of each. @throws Error when a package lacks its terms or is not installed */
export async function npmPackages(): Promise<{
  readonly packages: readonly Package[];
  /** `name@version/FILE` -> text. */
  readonly terms: ReadonlyMap<string, Entry>;
}> {
  const lock = LockFile.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
  const terms = new Map<string, Entry>();
  const packages = new Map<string, Package>();
  for (const path of closure(lock.packages)) {
    const { version = '', license, integrity } = lock.packages[path] ?? {};
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (license === undefined) throw new Error(`package-lock.json names no licence of ${name}`);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    packages.set(purl, { name, version, license, purl, integrity });
    for (const file of (await readdir(join(ROOT, path))).filter((entry) => TERMS.test(entry)))
      terms.set(`${name}@${version}/${file}`, { bytes: await readFile(join(ROOT, path, file)) });
  }
  return { packages: [...packages.values()], terms };
}
