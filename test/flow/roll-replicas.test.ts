import { recordOf } from 'host-service/core/json.ts';
import { describe, expect, it } from 'vitest';
import { runningBox } from './roll-world.ts';

describe('the number of control planes', () => {
  it('follows the number of nodes without starting one anew, and leaves one alone that somebody has switched off', async () => {
    const world = await runningBox();
    const { store } = world.box.cluster;
    const spec = (): ReturnType<typeof recordOf> => recordOf(world.deployment()['spec']);
    const template = JSON.stringify(spec()['template']);
    const [first] = world.platform.pods().map(({ metadata }) => metadata.name);
    for (const name of ['two', 'three']) store.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
    await world.seconds(70);
    expect(spec()['replicas']).toBe(3);
    expect(JSON.stringify(spec()['template'])).toBe(template);
    expect(world.platform.pods().map(({ metadata }) => metadata.name)).toContain(first);
    expect(world.outcomes()).toEqual([]);
    store.remove({ kind: 'Node', name: 'three' });
    await world.seconds(70);
    expect(spec()['replicas']).toBe(1);
    store.replace({ ...world.deployment(), spec: { ...spec(), replicas: 0 } });
    await world.seconds(70);
    expect(spec()['replicas']).toBe(0);
  });
});
