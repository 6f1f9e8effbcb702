import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, program } from './support/early.ts';
import type { Machine, Run } from './support/machine.ts';
import { versions } from './support/objects.ts';
import { livenPods, platformPrograms, simulatedMachine } from './support/platform.ts';
import { makeTemplate, REPOSITORY, trustText, type Template } from './support/template.ts';

const programs = await platformPrograms('simulated');
const NAMESPACE = 'alga-appliance-control-plane';
let template: Template;
let machine: Machine;
let first: Run;

beforeAll(async () => {
  if (programs.missing !== undefined) return;
  template = await makeTemplate();
  machine = await simulatedMachine(template.folder, programs);
  await livenPods(machine, programs);
  first = await machine.boot();
});
afterAll(async () => {
  await machine?.stop();
  await template?.remove();
});

const at = (path: string): string => join(machine.root, path);
const own = (...args: readonly string[]): Promise<string> => machine.kube('-n', NAMESPACE, ...args);
const image = (): Promise<string> =>
  own(
    'get',
    'deployment',
    'appliance-control-plane',
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  );
const starts = async (): Promise<number> =>
  (await machine.inside('cat', at('run/k3s.starts'))).trim().split('\n').length;
const inStore = (): Promise<string> => machine.inside('k3s', 'ctr', 'images', 'check');
const details = (run: Run, stage: string): string =>
  linesOf(run, stage)
    .map(({ detail }) => detail)
    .join('\n');

describe.skipIf(programs.missing !== undefined)(
  `a box that boots (${programs.missing ?? 'real API server'})`,
  () => {
    it('comes from nothing to a serving control plane without Node and without any way out', async () => {
      expect(first.text).not.toContain('"level":"error"');
      expect(first.ended).toBe(0);
      await expect(machine.inside('node', '--version')).rejects.toThrow();
      expect(await machine.inside('ip', 'route', 'show', 'default')).toMatch(/^default dev appl0 [^\n]*\n$/);
      expect(await image()).toBe(`${REPOSITORY}@${template.digest}`);
      const report = JSON.parse(await readFile(at('var/lib/appliance/boot.json'), 'utf8')) as object;
      expect(report).toMatchObject({ outcome: 'serving' });
    });

    it('names what came with it as the last way back, and whose keys it trusts (R-17)', async () => {
      const record = await own(
        'get',
        'cm',
        'appliance-control-plane-record',
        '-o',
        'jsonpath={.data.record\\.json}',
      );
      expect(JSON.parse(record)).toEqual({
        schema: 'appliance.control-plane-record/v1',
        baked: { repository: REPOSITORY, digest: template.digest, version: template.version },
        failed: [],
      });
      const trust = await own('get', 'cm', 'appliance-trust', '-o', 'jsonpath={.data.trust\\.yaml}');
      expect(trust).toBe(await readFile(at('etc/appliance/trust.yaml'), 'utf8'));
    });

    it("keeps the administrator's key for root alone and Secrets unreadable in the store", async () => {
      await own('create', 'secret', 'generic', 'probe', '--from-literal=word=canary-in-the-store');
      const files = await machine
        .inside('grep', '-rl', 'canary-in-the-store', at('var/lib/rancher'))
        .catch(() => '');
      expect(files).toBe('');
      await machine.inside('chmod', '644', at('etc/rancher/k3s/k3s.yaml'));
      const run = await machine.boot();
      expect(details(run, 'k3s')).toContain('for root alone again');
      expect(await machine.inside('stat', '-c', '%a', at('etc/rancher/k3s/k3s.yaml'))).toBe('600\n');
      const audit = await machine.inside('cat', at('var/lib/rancher/k3s/server/logs/audit.log'));
      expect(audit).toContain('"resource":"deployments"');
      expect(audit).not.toContain('canary-in-the-store');
    });

    it('changes nothing when the script runs again', async () => {
      const [before, begun] = [await versions(machine), await starts()];
      const run = await machine.boot();
      expect(run.ended).toBe(0);
      expect(await versions(machine)).toEqual(before);
      expect(await starts()).toBe(begun);
    });

    it('starts the platform again when its settings have changed, once', async () => {
      const begun = await starts();
      await writeFile(
        at('etc/rancher/k3s/config.yaml.d/90-of-a-person.yaml'),
        'etcd-snapshot-retention: 9\n',
      );
      expect((await machine.boot()).ended).toBe(0);
      expect((await machine.boot()).ended).toBe(0);
      expect(await starts()).toBe(begun + 1);
    });

    it('never touches a control plane that is there, though it is not the baked one and no registry answers (B-53)', async () => {
      const newer = `${REPOSITORY}@sha256:${'7'.repeat(64)}`;
      await own('set', 'image', 'deployment/appliance-control-plane', `control-plane=${newer}`);
      await own('delete', 'configmap', `appliance-product-${template.version}`);
      const [before, generation] = [await versions(machine), await deploymentGeneration()];
      expect((await machine.boot()).ended).toBe(0);
      await machine.cutPower();
      await livenPods(machine, programs);
      expect((await machine.boot()).ended).toBe(0);
      expect(await image()).toBe(newer);
      expect(await deploymentGeneration()).toBe(generation);
      expect(await versions(machine)).toEqual(before);
    });

    const deploymentGeneration = (): Promise<string> =>
      own('get', 'deployment', 'appliance-control-plane', '-o', 'jsonpath={.metadata.generation}');

    it('makes the baked one only when there is none at all (B-53)', async () => {
      await own('delete', 'deployment', 'appliance-control-plane');
      const run = await machine.boot();
      expect(run.ended).toBe(0);
      expect(details(run, 'control-plane')).toContain('made from what came with this box');
      expect(await image()).toBe(`${REPOSITORY}@${template.digest}`);
    });

    it('takes keys over that came later by file, and never takes back newer ones that the vendor has sent', async () => {
      const stored = (): Promise<string> =>
        own('get', 'cm', 'appliance-trust', '-o', 'jsonpath={.data.trust\\.yaml}');
      const [old, next] = [trustText(1), trustText(2)];
      await writeFile(at('etc/appliance/trust.yaml'), next);
      expect((await machine.boot()).ended).toBe(0);
      expect(await stored()).toBe(next);
      await writeFile(at('etc/appliance/trust.yaml'), old);
      expect((await machine.boot()).ended).toBe(0);
      expect(await stored()).toBe(next);
    });

    it('brings an image back that the store has lost, or has by halves (R-17)', async () => {
      await machine.inside('k3s', 'ctr', 'images', 'rm', '--sync', `${REPOSITORY}@${template.digest}`);
      expect((await machine.boot()).ended).toBe(0);
      expect(await inStore()).toContain('complete');
      const content = at(
        'var/lib/rancher/k3s/agent/containerd/io.containerd.content.v1.content/blobs/sha256',
      );
      const blobs = (await machine.inside('ls', content)).trim().split('\n');
      expect(blobs.length).toBeGreaterThanOrEqual(3);
      for (const blob of blobs) {
        await machine.inside('rm', '-f', join(content, blob));
        expect((await machine.boot()).ended).toBe(0);
        expect(await inStore()).toContain('complete');
        expect(await inStore()).not.toContain('incomplete');
      }
    });

    it('brings an image anew when power went before the disk had all of it, whatever the store says (R-17, B-57)', async () => {
      await machine.inside('k3s', 'ctr', 'images', 'rm', '--sync', `${REPOSITORY}@${template.digest}`);
      const cut = await machine.boot({ APPLIANCE_TEST_STOP_AT: 'images:imported control-plane.tar' });
      expect(cut.ended).toBe('SIGKILL');
      // The store calls it complete; nobody has asked the disk.
      expect(await inStore()).toContain('complete');
      expect(details(await machine.boot(), 'images')).toContain('imported');
      expect(details(await machine.boot(), 'images')).not.toContain('imported');
    });

    it('says which file is damaged, and goes on where a control plane runs without it (B-57)', async () => {
      await machine.inside('k3s', 'ctr', 'images', 'rm', '--sync', `${REPOSITORY}@${template.digest}`);
      const tar = at('usr/lib/appliance/boot/images/control-plane.tar');
      const whole = await readFile(tar);
      await writeFile(tar, whole.subarray(0, whole.length - 600));
      const run = await machine.boot();
      expect(run.ended).toBe(0);
      expect(linesOf(run, 'images')).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          code: 'boot.images',
          detail: 'control-plane.tar is damaged',
        }),
      );
      await own('delete', 'deployment', 'appliance-control-plane');
      const again = await machine.boot();
      expect(again.ended).toBe(13);
      expect(again.lines.at(-1)).toMatchObject({
        code: 'boot.images',
        detail: 'control-plane.tar is damaged',
      });
      await writeFile(tar, Buffer.alloc(1024));
      expect((await machine.boot()).ended).toBe(13);
      await writeFile(tar, whole);
      expect((await machine.boot()).ended).toBe(0);
    });

    it.each([
      [0, 'info', 'the one that is wanted'],
      [3, 'info', 'refused: said so'],
      [4, 'info', 'held: said so'],
      [5, 'warn', 'put back: said so'],
      [75, 'warn', 'status 75'],
      [1, 'warn', 'status 1'],
    ])('serves on whatever becomes of following the channel: status %i', async (status, level, detail) => {
      await program(machine, 'appliance', `echo "$@" >'${at('asked')}'; echo said so; exit ${status}`);
      const run = await machine.boot();
      await machine.inside('rm', join(machine.bin, 'appliance'));
      expect(run.ended).toBe(0);
      expect(linesOf(run, 'roll')[0]).toMatchObject({
        level,
        detail: expect.stringContaining(detail) as string,
      });
      expect(await readFile(at('asked'), 'utf8')).toMatch(/^control-plane roll .*--as boot\/[a-z0-9]/);
    });

    it('serves on when its host program gets no identity', async () => {
      await program(machine, 'appliance-agent', 'echo "no signer" >&2; exit 1');
      const run = await machine.boot();
      await machine.inside('rm', join(machine.bin, 'appliance-agent'));
      expect(run.ended).toBe(0);
      expect(linesOf(run, 'identity')).toContainEqual(
        expect.objectContaining({ level: 'warn', code: 'agent.identity', detail: 'no signer' }),
      );
    });

    it('is not given up: a control plane that gets ready after a run has failed is found by the next (R12)', async () => {
      await machine.inside('touch', '/run/pods-are-silent');
      const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '3' });
      expect(run.ended).toBe(15);
      expect(run.lines.at(-1)).toMatchObject({ stage: 'serving', code: 'boot.control-plane' });
      expect(linesOf(run, 'roll')).not.toEqual([]);
      await machine.inside('rm', '/run/pods-are-silent');
      expect((await machine.boot()).ended).toBe(0);
    });

    it('says boot.platform when the platform does not answer within a try, and goes on with the next (R12)', async () => {
      const settings = at('etc/rancher/k3s/config.yaml.d/90-of-a-person.yaml');
      await writeFile(settings, 'no-such-setting: true\n');
      const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '3' });
      expect(run.ended).toBe(14);
      expect(run.lines.at(-1)).toMatchObject({ stage: 'k3s', code: 'boot.platform' });
      await writeFile(settings, '# nothing\n');
      expect((await machine.boot()).ended).toBe(0);
    });
  },
);
