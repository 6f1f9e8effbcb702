import { describe, expect, it } from 'vitest';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { operationsView } from 'host-service/engine/handle/operations.ts';
import { digestFor } from '../fixtures/documents.ts';
import { ADA, breathe, installed, listen, living, pass, planeOn, told } from './handle-world.ts';
import type { Box } from './world/box.ts';

const NAME = '20990101000000-roll-0a1b2c3d';

/** The control plane begins to update itself, later than anything that was done for the application. */
function beginRoll(box: Box, outcome: 'running' | 'failed' = 'running'): void {
  const at = box.clock.now().toISOString();
  const to = { digest: digestFor('control plane 1.1.0'), version: '1.1.0' };
  const head = { apiVersion: GROUP_VERSION, kind: 'Operation', metadata: { name: NAME } };
  const spec = {
    verb: 'roll',
    to,
    profile: 'single-node',
    intentRevision: 1,
    actor: ADA,
    steps: ['roll-control-plane'],
  };
  const stored =
    box.cluster.store.get({ kind: 'Operation', name: NAME }) ?? box.cluster.store.create({ ...head, spec });
  const isOver = outcome === 'failed';
  box.cluster.store.replaceStatus({
    ...stored,
    status: {
      outcome,
      startedAt: at,
      ...(isOver ? { endedAt: at } : {}),
      resumes: 0,
      steps: [
        {
          kind: 'roll-control-plane',
          title: 'Update the control plane',
          state: isOver ? 'failed' : 'running',
          attempts: 1,
        },
      ],
      events: [{ n: 1, at, level: 'info', text: 'It begins.' }],
    },
  });
}

describe('handle: the control plane updates itself beside the application', () => {
  it('R-15 never hides what the application goes through, while it rolls and after it failed', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    await living(box, plane, async () => {
      for (const outcome of ['running', 'failed'] as const) {
        beginRoll(box, outcome);
        await pass(box, 500);
        const operation = plane.handle.live.current()?.view.operation;
        expect(operation).toMatchObject({ verb: 'install', outcome: 'succeeded' });
      }
    });
  });

  it('tells its events to those who listen, and keeps it in the history', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    await living(box, plane, async () => {
      const listener = listen(plane);
      await breathe();
      beginRoll(box);
      await pass(box, 500);
      expect(told(listener)).toEqual([`${NAME} 1`]);
      listener.stop();
    });
    const { operations } = await operationsView(plane.cluster, box.signal);
    expect(operations.map(({ verb }) => verb)).toEqual(['roll', 'install']);
    const detail = await plane.handle.operation(NAME, box.signal);
    expect(detail.steps[0]?.usualMs).toBeGreaterThan(1_000);
  });

  it('takes the request to try a failed control plane once more, once for each id', async () => {
    const box = await installed();
    const { handle } = planeOn(box, { isLeader: false });
    const ask = () =>
      handle.request({ id: 'again-0001', verb: 'retry-control-plane' }, { actor: ADA }, box.signal);
    const first = await ask();
    expect(await ask()).toEqual(first);
    const { requests } = Object(box.cluster.must('Appliance', 'appliance')['spec']) as { requests: object[] };
    expect(requests.filter((one) => 'verb' in one && one.verb === 'retry-control-plane')).toHaveLength(1);
  });
});
