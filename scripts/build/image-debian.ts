import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Architecture, Part } from './image-parts.ts';
import { readTree, type Entry } from './image-layer.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** Which packages, and exactly which files they are. */
const PINS = join(ROOT, 'bootstrap/image/debian.lock.json');
/** Packages that were fetched before; checked by digest at every use. */
const CACHE = join(ROOT, '.cache/image');
/** Milliseconds. */
const FETCH_MS = 120_000;

const Pin = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/),
  version: z.string().regex(/^[A-Za-z0-9.+~:-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
type Pin = z.infer<typeof Pin>;
const Pins = z.strictObject({
  /** Code name of the Debian release; apt must offer it. */
  suite: z.string(),
  packages: z.record(z.enum(['amd64', 'arm64']), z.array(Pin)),
});

/** What Node needs of each package, by path; with it, its terms. `gcc-12-base` and `base-files` only bring the latter. */
const WANTED: Readonly<Record<string, RegExp>> = {
  libc6:
    /^(usr\/)?lib(64)?\/([a-z0-9_]+-linux-gnu\/)?(ld-linux-[a-z0-9-]+\.so\.\d|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files)\.so\.\d)$/,
  'libgcc-s1': /^(usr\/)?lib\/[a-z0-9_]+-linux-gnu\/libgcc_s\.so\.1$/,
  'libstdc++6': /^usr\/lib\/[a-z0-9_]+-linux-gnu\/libstdc\+\+\.so\.6[0-9.]*$/,
  'gcc-12-base': /^$/,
  'base-files': /^(usr\/lib\/os-release|etc\/(os-release|debian_version)|usr\/share\/common-licenses\/.+)$/,
  'ca-certificates': /^usr\/share\/ca-certificates\/mozilla\/.+\.crt$/,
};
/** Terms of the files that we take, as their copyright files say. */
const LICENCES: Readonly<Record<string, string>> = {
  libc6: 'LGPL-2.1-or-later',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'gcc-12-base': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'base-files': 'GPL-2.0-or-later',
  'ca-certificates': 'MPL-2.0',
};
const TERMS = /^usr\/share\/doc\/([^/]+\/copyright|lib[^/]+)$/;

/** The tools of Debian are not there, or do not offer what is pinned. */
export class NoDebian extends Error {}

async function debian(program: string, args: readonly string[], cwd = tmpdir()): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    return (await run(program, [...args], { cwd, env, timeout: FETCH_MS, maxBuffer: 1 << 24 })).stdout;
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const why = text.split('\n').find((line) => line.startsWith('E:')) ?? String(error).split('\n')[0];
    throw new NoDebian(
      `${program} ${args.join(' ')}: ${why}. The image is made from Debian packages through apt; on another system use bootstrap/image/Dockerfile`,
      { cause: error },
    );
  }
}

const fileOf = ({ name, version }: Pick<Pin, 'name' | 'version'>, architecture: Architecture): string =>
  `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;

/** Downloads one package; answers its bytes. `=version` asks for that one only. */
async function download(spec: string, folder: string): Promise<Uint8Array> {
  const work = await mkdtemp(join(folder, 'get-'));
  try {
    await debian('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', spec], work);
    const [name] = (await readdir(work)).filter((file) => file.endsWith('.deb'));
    if (name === undefined) throw new NoDebian(`apt-get download ${spec} brought nothing`);
    return await readFile(join(work, name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Path of the pinned package on disk. @throws NoDebian when it cannot be had, or is another than the pinned one */
async function fetched(pin: Pin, architecture: Architecture): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const path = join(CACHE, fileOf(pin, architecture));
  const present = await readFile(path).catch(() => undefined);
  if (present !== undefined && sha256(present) === pin.sha256) return path;
  const bytes = await download(`${pin.name}:${architecture}=${pin.version}`, CACHE).catch(
    async (error: unknown) => {
      // Packages for every architecture are asked for without one.
      if (error instanceof NoDebian) return download(`${pin.name}=${pin.version}`, CACHE);
      throw error;
    },
  );
  if (sha256(bytes) !== pin.sha256)
    throw new NoDebian(`${pin.name} ${pin.version} from apt is not the pinned file; see --update-pins`);
  const part = `${path}.${process.pid}`;
  await writeFile(part, bytes);
  await rename(part, path);
  return path;
}

async function unpacked(pin: Pin, architecture: Architecture): Promise<Map<string, Entry>> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-deb-'));
  try {
    const path = await fetched(pin, architecture);
    await debian('dpkg-deb', ['-x', path, folder]);
    const wanted = WANTED[pin.name] ?? /^$/;
    const tree = await readTree(folder, (name) => wanted.test(name) || TERMS.test(name));
    // What scanners for known holes read (as distroless images have it).
    const facts = await debian('dpkg-deb', ['-f', path]);
    tree.set(`var/lib/dpkg/status.d/${pin.name}`, { bytes: Buffer.from(facts) });
    return tree;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One file of all authorities, in the order of their names, as `update-ca-certificates` makes it. */
function authorities(tree: Map<string, Entry>): Entry {
  const paths = [...tree.keys()].filter((path) => path.startsWith('usr/share/ca-certificates/')).toSorted();
  const texts = paths.map((path) => {
    const entry = tree.get(path);
    tree.delete(path);
    return entry !== undefined && 'bytes' in entry
      ? Buffer.from(entry.bytes).toString('latin1').trimEnd()
      : '';
  });
  return { bytes: Buffer.from(`${texts.join('\n')}\n`, 'latin1') };
}

const text = (content: string): Entry => ({ bytes: Buffer.from(content) });

async function pinsOf(architecture: Architecture): Promise<readonly Pin[]> {
  const { packages } = Pins.parse(JSON.parse(await readFile(PINS, 'utf8')));
  const pins = packages[architecture] ?? [];
  if (pins.length === 0) throw new NoDebian(`no packages of ${architecture} are pinned; see --update-pins`);
  return pins;
}

/** C library, C++ library, certificates and the few files in /etc that make a user and a resolver. @throws NoDebian */
export async function debianPart(architecture: Architecture): Promise<Part> {
  const pins = await pinsOf(architecture);
  const tree = new Map<string, Entry>();
  for (const pin of pins)
    for (const [path, entry] of await unpacked(pin, architecture)) tree.set(path, entry);
  tree.set('etc/ssl/certs/ca-certificates.crt', authorities(tree));
  const user = (name: string, id: number): string => `${name}:x:${id}:${id}:${name}:/:/sbin/nologin\n`;
  tree.set('etc/passwd', text(user('root', 0) + user('appliance', 10_001)));
  tree.set('etc/group', text('root:x:0:\nappliance:x:10001:\n'));
  tree.set('etc/nsswitch.conf', text('passwd: files\ngroup: files\nhosts: files dns\n'));
  tree.set('tmp', { folder: 0o1777 });
  const packages = pins.map(({ name, version, sha256: hash }) => ({
    ...{ name, version, sha256: hash, license: LICENCES[name] },
    purl: `pkg:deb/debian/${name.replaceAll('+', '%2B')}@${encodeURIComponent(version)}?arch=${architecture}`,
  }));
  return { name: 'base', tree, packages };
}

/** Pins what apt offers now. @throws NoDebian */
export async function updatePins(architecture: Architecture): Promise<readonly string[]> {
  const { packages } = Pins.parse(JSON.parse(await readFile(PINS, 'utf8')));
  await mkdir(CACHE, { recursive: true });
  const pins: Pin[] = [];
  for (const name of Object.keys(WANTED)) {
    const bytes = await download(name, CACHE);
    const path = join(CACHE, 'new.deb');
    await writeFile(path, bytes);
    const version = (await debian('dpkg-deb', ['-f', path, 'Version'])).trim();
    await rename(path, join(CACHE, fileOf({ name, version }, architecture)));
    pins.push({ name, version, sha256: sha256(bytes) });
  }
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? '';
  const next = { suite, packages: { ...packages, [architecture]: pins } };
  await writeFile(PINS, `${JSON.stringify(next, undefined, 2)}\n`);
  return pins.map(({ name, version }) => `${name} ${version}`);
}
