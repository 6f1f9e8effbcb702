import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from './support/machine.ts';
import { wantedObjects } from './support/objects.ts';
import { livenPods, platformPrograms, simulatedMachine } from './support/platform.ts';
import { makeTemplate, type Template } from './support/template.ts';

const programs = await platformPrograms('simulated');
let template: Template;
const machines: Machine[] = [];

beforeAll(async () => {
  if (programs.missing === undefined) template = await makeTemplate();
});
afterAll(async () => {
  for (const machine of machines) await machine.stop();
  await template?.remove();
});

async function machineWithPods(): Promise<Machine> {
  const machine = await simulatedMachine(template.folder, programs);
  machines.push(machine);
  await livenPods(machine, programs);
  return machine;
}

/** All that a box is after boot, as far as it is the same on every box. */
async function endOf(machine: Machine): Promise<object> {
  const tree = `cd '${machine.root}' && find etc var/lib/appliance -type f ! -name k3s.yaml ! -name boot.json ! -name clock`;
  return {
    objects: await wantedObjects(machine),
    files: await machine.inside('bash', '-c', `${tree} | sort | xargs stat -c '%n %a %s'`),
    sums: await machine.inside('bash', '-c', `${tree} | sort | xargs sha256sum`),
    images: (await machine.inside('k3s', 'ctr', 'images', 'check')).replaceAll(/ +/g, ' '),
    addresses: await machine.inside('ip', '-o', '-4', 'address', 'show', 'dev', 'appl0'),
    routes: await machine.inside('ip', 'route', 'show', 'default'),
  };
}

describe.skipIf(programs.missing !== undefined)(
  `kill -9 at boot (${programs.missing ?? 'real API server'})`,
  () => {
    it('at each stage and behind each write, one after the other, ends as if it had not been (B-43)', async () => {
      const calm = await machineWithPods();
      const points = join(calm.root, 'points');
      expect((await calm.boot({ APPLIANCE_TEST_POINTS: points })).ended).toBe(0);
      const order = (await calm.inside('cat', points)).trim().split('\n');
      // Both ends of each of the eleven stages, and every write between them.
      expect(order.length).toBeGreaterThan(40);
      const end = await endOf(calm);
      await calm.stop();
      machines.length = 0;
      const cut = await machineWithPods();
      for (const point of order) {
        const run = await cut.boot({ APPLIANCE_TEST_STOP_AT: point });
        expect([point, run.ended], run.text).toEqual([point, 'SIGKILL']);
      }
      const last = await cut.boot();
      expect(last.ended, last.text).toBe(0);
      expect(await endOf(cut)).toEqual(end);
    }, 600_000);

    it('of the whole machine in the middle of making the control plane ends the same', async () => {
      const [machine = await machineWithPods()] = machines;
      const end = await endOf(machine);
      const own = ['-n', 'alga-appliance-control-plane'];
      await machine.kube(...own, 'delete', 'deployment,service,configmap,networkpolicy', '--all');
      const run = await machine.boot({ APPLIANCE_TEST_STOP_AT: 'control-plane:begin' });
      expect(run.ended).toBe('SIGKILL');
      await machine.cutPower();
      await livenPods(machine, programs);
      const again = await machine.boot();
      expect(again.ended, again.text).toBe(0);
      expect(await endOf(machine)).toEqual(end);
    });
  },
);
