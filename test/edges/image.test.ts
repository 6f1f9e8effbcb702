import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Version } from 'host-service/contract/names.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { debianPart, NoDebian } from '../../scripts/build/image-debian.ts';
import { checkLayout, imageOf, START, writeLayout } from '../../scripts/build/image-layout.ts';
import { layerOf, readTree, writeTree, type Layer, type Tree } from '../../scripts/build/image-layer.ts';
import { ownArchitecture } from '../../scripts/build/image.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** Building takes seconds alone and a minute on a busy machine. */
const BUILD_MS = 300_000;
/** Bytes of all files (the image is pulled over customers' lines and kept several times). */
const LIMIT = 160_000_000;
const IDENTITY = ['--version', '1.2.3-test.1', '--revision', '0123456789abcdef0123456789abcdef01234567'];

const Built = z.object({
  digest: z.string(),
  size: z.number(),
  layers: z.array(z.object({ name: z.string(), digest: z.string(), size: z.number(), pulled: z.number() })),
});
const Index = z.object({ manifests: z.tuple([z.looseObject({ digest: z.string() })]) });
const Manifest = z.object({
  config: z.looseObject({ digest: z.string() }),
  layers: z.array(z.looseObject({ digest: z.string() })),
});
const Config = z.looseObject({
  created: z.string(),
  architecture: z.string(),
  config: z.looseObject({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    Labels: z.record(z.string(), z.string()),
  }),
});
const Sbom = z.looseObject({
  spdxVersion: z.string(),
  creationInfo: z.looseObject({ created: z.string() }),
  packages: z.array(
    z.looseObject({
      SPDXID: z.string(),
      name: z.string(),
      versionInfo: z.string(),
      licenseDeclared: z.string(),
      checksums: z.array(z.unknown()).optional(),
    }),
  ),
});
const Check = z.object({
  ok: z.boolean(),
  node: z.string(),
  uid: z.number(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** Why an image cannot be made here; undefined where it can. */
async function obstacle(): Promise<string | undefined> {
  try {
    await debianPart(ownArchitecture);
    return undefined;
  } catch (error) {
    if (error instanceof NoDebian) return error.message.slice(0, 120);
    throw error;
  }
}
const why = await obstacle();
const hasSkopeo = await run('skopeo', ['--version']).then(
  () => true,
  () => false,
);

interface Surroundings {
  readonly umask: string;
  readonly TZ: string;
  readonly NODE_ENV: string;
}
const HERE: Surroundings = { umask: '022', TZ: 'UTC', NODE_ENV: 'production' };

/** `npm run image` as a person runs it. */
async function buildIn(
  folder: string,
  { umask, ...env }: Surroundings = HERE,
): Promise<z.infer<typeof Built>> {
  const command = [process.execPath, join(ROOT, 'scripts/image.ts'), '--json', '--out', folder, ...IDENTITY];
  const { stdout } = await run('/bin/sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...command], {
    cwd: ROOT,
    env: { ...process.env, ...env, SOURCE_DATE_EPOCH: '1800000000' },
    maxBuffer: 1 << 24,
  });
  return Built.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

describe.skipIf(why !== undefined)(`the control plane's image${why === undefined ? '' : ` (${why})`}`, () => {
  let folder = '';
  let layout = '';
  let root = '';
  let built: z.infer<typeof Built>;

  const blob = async (digest: string): Promise<Buffer> =>
    readFile(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)));
  const json = async (digest: string): Promise<unknown> => JSON.parse((await blob(digest)).toString('utf8'));
  const manifest = async (): Promise<z.infer<typeof Manifest>> => {
    const index = Index.parse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')));
    return Manifest.parse(await json(index.manifests[0].digest));
  };
  const config = async (): Promise<z.infer<typeof Config>> =>
    Config.parse(await json((await manifest()).config.digest));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-image-'));
    layout = join(folder, 'one');
    built = await buildIn(layout);
    root = join(folder, 'root');
    await mkdir(root);
    for (const { digest } of (await manifest()).layers)
      await run('tar', ['-xzpf', join(layout, 'blobs/sha256', digest.slice(7)), '-C', root]);
  }, BUILD_MS);
  afterAll(async () => {
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  /** The program as the image starts it: in its own root, as its own user, with its own flags. */
  async function start(
    ...args: readonly string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { Entrypoint, User, Env } = (await config()).config;
    const env = Object.fromEntries(Env.map((one) => one.split(/=(.*)/s).slice(0, 2) as [string, string]));
    return new Promise((resolve) => {
      const argv = [`--userspec=${User}`, root, ...Entrypoint, ...args];
      execFile(
        'chroot',
        argv,
        { env: { ...env, PATH: `${env['PATH']}:/usr/sbin` } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  it(
    'has the same digest when it is built again, under another umask, time zone and NODE_ENV',
    async () => {
      const again = await buildIn(join(folder, 'two'), {
        ...{ umask: '077', TZ: 'Pacific/Auckland', NODE_ENV: 'development' },
      });
      expect(again).toEqual(built);
    },
    BUILD_MS,
  );

  it('has layers that a new version does not touch: base and Node are pulled once', async () => {
    expect(built.layers.map(({ name }) => name)).toEqual(['base', 'node', 'app']);
    const base = await layerOf('base', (await debianPart(ownArchitecture)).tree);
    expect(base.digest).toBe(built.layers[0]?.digest);
    const ours = built.layers[2]?.pulled ?? 0;
    expect(ours).toBeLessThan(built.size / 10);
  });

  it('is small', () => {
    expect(built.layers.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(LIMIT);
  });

  it('says which build it is, and starts as nobody with flags that keep it small', async () => {
    const { created, architecture, config: how } = await config();
    expect([created, architecture]).toEqual(['2027-01-15T08:00:00Z', ownArchitecture]);
    expect(how.User).toBe('10001:10001');
    expect(how.Env).toContain('MALLOC_ARENA_MAX=1');
    expect(how.Entrypoint).toContain('--max-semi-space-size=2');
    expect(how.Entrypoint).toContain('--max-old-space-size=96');
    expect(how.Entrypoint).toContain('--optimize-for-size');
    expect(how.Labels).toMatchObject({
      'appliance.control-plane.contract': '1',
      'org.opencontainers.image.version': '1.2.3-test.1',
      'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
    });
    expect(how.Labels['org.opencontainers.image.licenses']).toContain('Apache-2.0');
    const own: unknown = JSON.parse(await readFile(join(root, 'app/release-manifest.json'), 'utf8'));
    const page: unknown = JSON.parse(await readFile(join(root, 'app/setup-ui/dist/build.json'), 'utf8'));
    expect(own).toEqual({
      ...{ version: '1.2.3-test.1', sourceRevision: '0123456789abcdef0123456789abcdef01234567' },
      ...{
        built: '2027-01-15T08:00:00Z',
        contract: 1,
        uiBuild: Reflect.get(Object(page), 'build') as unknown,
      },
    });
  });

  it('B-57 is read back before it counts: a damaged and a missing layer are each noticed', async () => {
    await checkLayout(layout);
    const copy = join(folder, 'copy');
    await cp(layout, copy, { recursive: true });
    const app = built.layers[2]?.digest ?? '';
    await appendFile(join(copy, 'blobs/sha256', app.slice(7)), 'x');
    await expect(checkLayout(copy)).rejects.toThrow(`${app} is damaged`);
    await rm(join(copy, 'blobs/sha256', app.slice(7)));
    await expect(checkLayout(copy)).rejects.toThrow('ENOENT');
  });

  it(
    'does not take the place of a folder that is no image',
    async () => {
      const other = join(folder, 'other');
      await mkdir(other);
      await writeFile(join(other, 'letter.txt'), 'dear');
      await expect(buildIn(other)).rejects.toThrow('is not empty and not an earlier image');
      expect(await readdir(other)).toEqual(['letter.txt']);
    },
    BUILD_MS,
  );

  it('names in its bill of materials everything that is in it, with version, terms and digest', async () => {
    const sbom = Sbom.parse(JSON.parse(await readFile(join(root, 'app/sbom.spdx.json'), 'utf8')));
    expect(await readFile(`${layout}.spdx.json`, 'utf8')).toBe(
      await readFile(join(root, 'app/sbom.spdx.json'), 'utf8'),
    );
    expect([sbom.spdxVersion, sbom.creationInfo.created]).toEqual(['SPDX-2.3', '2027-01-15T08:00:00Z']);
    const names = sbom.packages.map(({ name }) => name);
    for (const name of ['libc6', 'node', 'hono', 'undici', 'zod', 'react', 'tailwindcss'])
      expect(names).toContain(name);
    for (const name of ['vitest', 'typescript', 'playwright-core', 'caniuse-lite'])
      expect(names).not.toContain(name);
    expect(new Set(sbom.packages.map(({ SPDXID }) => SPDXID)).size).toBe(names.length);
    const [, ...inside] = sbom.packages;
    expect(inside.filter(({ checksums = [] }) => checksums.length === 0)).toEqual([]);
    expect(sbom.packages.filter(({ licenseDeclared }) => licenseDeclared === 'NOASSERTION')).toEqual([]);
  });

  it('brings the terms of what is in it', async () => {
    for (const path of ['app/LICENSE', 'usr/share/doc/node/LICENSE', 'usr/share/doc/libc6/copyright'])
      expect((await stat(join(root, path))).size).toBeGreaterThan(1000);
    const terms = await readdir(join(root, 'app/licences'));
    expect(terms.filter((name) => /^(hono|zod|react|undici)@/.test(name))).toHaveLength(4);
  });

  it('holds nothing of the machine that built it, no other program, no map and no source', async () => {
    const files = await readTree(join(root, 'app'), () => true);
    const names = [...files.keys()];
    expect(names.filter((name) => name.startsWith('host-service/'))).toEqual([
      'host-service/bin/appliance-control-plane.js',
    ]);
    expect(names.filter((name) => /\.(map|ts|tsx)$|(^|\/)\./.test(name))).toEqual([]);
    const places = [ROOT, tmpdir() + '/appliance-', process.env['HOME'] ?? ROOT].filter(
      (one) => one.length > 5,
    );
    const told = [...files].filter(
      ([, entry]) => 'bytes' in entry && places.some((place) => Buffer.from(entry.bytes).includes(place)),
    );
    expect(told.map(([name]) => name)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'has all that the program needs, in its own root and as its own user (needs root)',
    async () => {
      const { code, stdout, stderr } = await start('--self-check');
      const report = Check.parse(JSON.parse(stdout));
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect([code, stderr, report.ok, report.uid]).toEqual([0, '', true, 10_001]);
      expect(report.node).toMatch(/^v24\./);
      expect(report.checks.map(({ name }) => name)).toEqual([
        'build',
        'definitions',
        'page',
        'languages',
        'certificates',
      ]);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    'notices what is missing, and says by name which file of the box is (needs root)',
    async () => {
      const missing = await start('--config', '/etc/appliance/config.yaml');
      expect([missing.code, missing.stderr]).toEqual([
        2,
        expect.stringContaining('/etc/appliance/config.yaml'),
      ]);
      const crd = join(root, 'app/flux-base/control-plane/crds/hosts.yaml');
      const text = await readFile(crd);
      const [asset = ''] = (await readdir(join(root, 'app/setup-ui/dist/assets'))).filter((one) =>
        /^index-.*\.js$/.test(one),
      );
      const script = join(root, 'app/setup-ui/dist/assets', asset);
      const code = await readFile(script);
      try {
        await rm(crd);
        await writeFile(script, 'changed');
        const checked = await start('--self-check');
        const report = Check.parse(JSON.parse(checked.stdout));
        expect([checked.code, report.ok]).toEqual([1, false]);
        expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual([
          'definitions',
          'page',
        ]);
      } finally {
        await writeFile(crd, text);
        await writeFile(script, code);
      }
    },
  );

  it.skipIf(!hasSkopeo)(
    'is read by another program than ours (needs skopeo)',
    async () => {
      const { stdout } = await run('skopeo', ['inspect', `oci:${layout}`]);
      expect(JSON.parse(stdout)).toMatchObject({ Digest: built.digest, Architecture: ownArchitecture });
      await run('skopeo', ['copy', '--quiet', `oci:${layout}`, `dir:${join(folder, 'copied')}`]);
      expect(await readdir(join(folder, 'copied'))).toHaveLength(6);
    },
    60_000,
  );
});

describe('a layer', () => {
  const tree: Tree = new Map([
    ['b/file', { bytes: Buffer.from('text') }],
    ['a', { bytes: Buffer.from('run'), mode: 0o755 }],
    ['b/link', { link: 'file' }],
    ['tmp', { folder: 0o1777 }],
  ]);

  it('has the same bytes whatever the order of its files', async () => {
    const [one, two] = [await layerOf('x', tree), await layerOf('x', new Map([...tree].toReversed()))];
    expect(one.digest).toBe(two.digest);
    expect(one.size).toBe(7);
    expect((await layerOf('x', new Map([...tree].slice(1)))).digest).not.toBe(one.digest);
  });

  it('is unpacked by tar with rights, links and folders as they were meant', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-layer-'));
    try {
      const { gzipped } = await layerOf('x', tree);
      await writeFile(join(folder, 'layer.tar.gz'), gzipped);
      const { stdout } = await run('tar', [
        '--numeric-owner',
        '--utc',
        '-tvzf',
        join(folder, 'layer.tar.gz'),
      ]);
      const lines = stdout.trim().split('\n');
      expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
        '-rwxr-xr-x 0/0 3 1970-01-01 00:00 a',
        'drwxr-xr-x 0/0 0 1970-01-01 00:00 b',
        '-rw-r--r-- 0/0 4 1970-01-01 00:00 b/file',
        'lrwxrwxrwx 0/0 0 1970-01-01 00:00 b/link -> file',
        'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp',
      ]);
      await writeTree(join(folder, 'tree'), tree);
      const read = await readTree(join(folder, 'tree'), () => true);
      expect([...read.keys()].toSorted()).toEqual(['a', 'b/file', 'b/link']);
      for (const [path, entry] of read) expect(entry).toMatchObject(tree.get(path) ?? {});
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a layout', () => {
  const about = {
    ...{ version: Version.parse('1.0.0'), sourceRevision: 'x', built: '2027-01-15T08:00:00Z', contract: 1 },
  };

  it('B-57 with an empty layer, or with another than its config names, is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-layout-'));
    const write = async (layer: Layer): Promise<void> => {
      const image = imageOf({ about, architecture: 'amd64', layers: [layer], licences: ['MIT'] });
      await writeLayout(folder, image, about, 'amd64');
    };
    try {
      const full = await layerOf('app', new Map([['a', { bytes: Buffer.from('a') }]]));
      await write(full);
      await checkLayout(folder);
      await write({ ...full, diffId: full.digest });
      await expect(checkLayout(folder)).rejects.toThrow('not those that the config names');
      await write(await layerOf('app', new Map()));
      await expect(checkLayout(folder)).rejects.toThrow('is empty');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the way by a container engine', () => {
  it('starts the same program with the same flags as the same user, and lets it check itself', async () => {
    const text = await readFile(join(ROOT, 'bootstrap/image/Dockerfile'), 'utf8');
    expect(text).toContain(`ENTRYPOINT [${START.entrypoint.map((word) => `"${word}"`).join(', ')}]`);
    for (const one of START.env.filter((env) => !env.startsWith('PATH=')))
      expect(text).toContain(`ENV ${one}`);
    expect(text).toContain('USER 10001:10001');
    expect(text).toContain('appliance.control-plane.contract="1"');
    expect(text.trimEnd()).toMatch(/"--self-check"\]$/);
  });
});
