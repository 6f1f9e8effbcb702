import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms, type Built } from '../../scripts/build/programs.ts';
import { RegistryServer } from '../../host-service/oci-client-lite/test/registry-server.ts';
import { makeKey, makeTrust, trustKey } from '../fixtures/sign.ts';
import { ROOT } from './sources.ts';

const run = promisify(execFile);

describe('the programs as they ship', () => {
  let folder = '';
  let built: Built;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-bundle-'));
    built = await buildPrograms(join(folder, 'dist'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('do not contain the Kubernetes client library', async () => {
    expect(built.inputs.filter((path) => path.includes('@kubernetes/client-node'))).toEqual([]);
    for (const path of Object.values(built.programs))
      expect(await readFile(path, 'utf8')).not.toMatch(/(?:from|import|require)\s*\(?\s*['"]@kubernetes\//);
  });

  it('are small in memory: each is plain ASCII, and of undici only what connects is in the control plane', async () => {
    // One other letter, and the text lies in memory with two bytes for each.
    for (const path of Object.values(built.programs))
      expect((await readFile(path)).every((byte) => byte < 0x80)).toBe(true);
    const program = built.programs['appliance-control-plane'];
    expect((await readFile(program)).length).toBeLessThan(2_300_000);
    expect(built.inputs.filter((path) => path.includes('undici/lib/mock/'))).toEqual([]);
  });

  it('need nothing but Node: each says how it is used, from a folder without libraries', async () => {
    for (const path of Object.values(built.programs)) {
      const { stdout } = await run(process.execPath, [path, '--help'], { cwd: folder });
      expect(stdout).toMatch(/^Usage: appliance/);
    }
  });

  it('read the configuration of the control plane', async () => {
    const config = join(folder, 'config.yaml');
    const product = join(ROOT, 'flux-base/product.yaml');
    await writeFile(
      config,
      JSON.stringify({
        schema: 'appliance.config/v1',
        kubernetes: 'in-cluster',
        product,
        trust: 'trust.yaml',
      }),
    );
    const program = built.programs['appliance-control-plane'];
    const { stdout } = await run(process.execPath, [program, '--config', config, '--print-config'], {
      cwd: folder,
    });
    expect(stdout).toContain('listen: 127.0.0.1:8080');
  });

  it('talk to a registry as the sources do', async () => {
    const server = await RegistryServer.start({ token: {} });
    try {
      const trust = join(folder, 'trust.yaml');
      await writeFile(trust, JSON.stringify(makeTrust([trustKey(makeKey())])));
      const reference = `${server.host}/vendor/release:stable-v2`;
      const argv = [built.programs.appliance, 'resolve', reference, '--trust', trust, '--json'];
      const ran = await run(process.execPath, argv, { cwd: folder }).catch((error: unknown) => error);
      expect(ran).toMatchObject({ code: 4 });
      expect(ran).toHaveProperty('stdout', expect.stringContaining('"registry.not-found"'));
    } finally {
      await server.close();
    }
  });

  it('bring the definitions of our own kinds, where the program looks for them', async () => {
    const beside = 'flux-base/control-plane/crds';
    const source = await readFile(built.programs['appliance-control-plane'], 'utf8');
    const [, named] = /new URL\("([^"]*control-plane\/crds\/)",\s*import\.meta\.url\)/.exec(source) ?? [];
    const looked = new URL(named ?? '', `file://${built.programs['appliance-control-plane']}`).pathname;
    expect(looked).toBe(`${join(folder, 'dist', beside)}/`);
    expect(await readdir(looked)).toEqual(await readdir(join(ROOT, beside)));
  });
});
