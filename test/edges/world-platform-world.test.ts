import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProber } from 'host-service/edges/prober/prober.ts';
import { Host } from 'host-service/contract/objects.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isTrue } from '../world/platform/conditions.ts';
import { at, textAt, type Thing } from '../world/platform/fields.ts';
import { KINDS } from '../world/platform/machine.ts';
import { startPlatform } from '../world/platform/platform.ts';
import { deployment, refTo, Testbed } from '../world/testbed.ts';
import { startEmbeddedWorld } from '../world/world.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
const testbed = async (): Promise<Testbed> => {
  const bed = await Testbed.open();
  open.push(bed);
  return bed;
};
const never = new AbortController().signal;
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const answers = async (pod: Thing | undefined): Promise<boolean> => {
  const address = { ip: textAt(pod, 'status', 'podIP'), port: 8080 };
  return (await createProber().probe(address, { type: 'http', port: 8080, path: '/' }, never)).ok;
};

describe('the embedded world', () => {
  it('leaves nothing behind, also when it is stopped twice', async () => {
    const world = await startEmbeddedWorld();
    expect(await exists(world.folder)).toBe(true);
    await world.stop();
    await world.stop();
    expect(await exists(world.folder)).toBe(false);
    await expect(fetch(world.kubernetes.url)).rejects.toThrow();
    await expect(fetch(`http://${world.registry.host}/v2/`)).rejects.toThrow();
  });

  it('leaves nothing behind when a part cannot start', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    open.push({ close: async () => new Promise((resolve) => holder.close(() => resolve())) });
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startEmbeddedWorld({ registry: { port } })).rejects.toThrow(/EADDRINUSE/);
  });

  it('says what its host is once our kinds are known, in the form that the contract asks for', async () => {
    const bed = await testbed();
    const file = join(import.meta.dirname, '../../flux-base/control-plane/crds/hosts.yaml');
    const definitions = parseAllDocuments(await readFile(file, 'utf8')).map(
      (document) => document.toJS() as object,
    );
    expect(await bed.get({ ...KINDS.host, name: 'appliance-0' })).toBeUndefined();
    await bed.apply(...definitions);
    const host = await bed.until(
      'the host has facts',
      { ...KINDS.host, name: 'appliance-0' },
      (one) => at(one, 'status', 'facts') !== undefined,
    );
    const parsed = Host.parse(host);
    expect(parsed.status?.facts).toMatchObject({ hostName: 'appliance-0' });
    expect(parsed.status?.problems).toEqual([]);
  });

  it('several run at once without meeting at an address', async () => {
    const beds = [await testbed(), await testbed()];
    for (const bed of beds) {
      await bed.namespace('app');
      await bed.apply(deployment('app', 'web'));
      await bed.until('web is available', refTo('deployment', 'web'), (one) => isTrue(one, 'Available'));
      expect(bed.world.platform.failures).toEqual([]);
    }
    const addresses = beds.flatMap((bed) => bed.world.platform.listening());
    expect(new Set(addresses).size).toBe(2);
  });

  it('goes on with what is in the cluster when the controllers start again', async () => {
    const bed = await testbed();
    await bed.namespace('app');
    await bed.apply(deployment('app', 'web'));
    await bed.until('web is available', refTo('deployment', 'web'), (one) => isTrue(one, 'Available'));
    const [before] = (await bed.kube.list(KINDS.pod)).items;
    await bed.world.platform.stop();
    expect(await answers(before)).toBe(false);
    await bed.apply(deployment('app', 'later'));
    const again = await startPlatform({ kubernetes: bed.world.kubernetes, startMs: 40, packageMs: 10 });
    open.unshift({ close: async () => again.stop() });
    await bed.until('what came meanwhile is started', refTo('deployment', 'later'), (one) =>
      isTrue(one, 'Available'),
    );
    const pods = await bed.untilAll(
      'both have a ready pod',
      KINDS.pod,
      (all) => all.length === 2 && all.every((pod) => isTrue(pod, 'Ready')),
    );
    expect(pods.map(({ metadata }) => metadata.uid)).toContain(before?.metadata.uid);
    for (const pod of pods) expect(await answers(pod)).toBe(true);
  });
});
