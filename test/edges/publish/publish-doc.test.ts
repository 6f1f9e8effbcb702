import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, executable } from '../../cluster/tools.ts';
import { startRegistry, type TestRegistry } from './real-registry.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const CONTROLLERS = ['source-controller', 'kustomize-controller', 'helm-controller'];

let folder = '';
let registry: TestRegistry;

/** Definitions of the delivery controllers where they were built; else a stand-in, and the lock file has no say. */
async function definitions(): Promise<void> {
  for (const name of CONTROLLERS) {
    const crds = join(await cacheFolder(name), 'crds');
    if (await executable(crds)) await cp(crds, join(folder, 'crds'), { recursive: true });
    else return standIn();
  }
}

async function standIn(): Promise<void> {
  await rm(join(folder, 'flux-base/flux/crds.lock.yaml'));
  await mkdir(join(folder, 'crds'), { recursive: true });
  const object = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.b' },
  };
  await writeFile(join(folder, 'crds/a.yaml'), JSON.stringify(object));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-doc-'));
  registry = await startRegistry();
  await cp(join(ROOT, 'flux-base'), join(folder, 'flux-base'), { recursive: true });
  await cp(join(ROOT, 'test/fixtures/charts'), join(folder, 'charts'), { recursive: true });
  await definitions();
  await mkdir(join(folder, 'bin'));
  await symlink(join(ROOT, 'host-service/bin/appliance-publish.ts'), join(folder, 'bin/appliance-publish'));
});
afterAll(async () => {
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('docs/release.md', () => {
  it('turns an empty registry into an installable, signed channel in ten lines', async () => {
    const text = await readFile(join(ROOT, 'docs/release.md'), 'utf8');
    const script = /```sh\n(.*?)```/s.exec(text)?.[1] ?? '';
    expect(script.trim().split('\n')).toHaveLength(10);
    const path = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
    const env = { ...process.env, PATH: path, R: registry.host, REV: 'main@sha1:0', DOCKER_CONFIG: folder };
    await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env });

    const verify = [
      'verify',
      `${registry.host}/alga-appliance-release:stable-v2`,
      '--trust',
      'trust.yaml',
      '--json',
    ];
    const { stdout } = await run('appliance-publish', verify, { cwd: folder, env });
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'resolved',
      version: '1.0.0',
      channel: 'stable',
      keyIds: ['release-1', 'channel-1'],
    });
  }, 60_000);
});
