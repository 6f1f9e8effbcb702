import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestFor } from '../../fixtures/documents.ts';
import { percentile, askInTurn, Visitor } from './crowd.ts';
import type { BenchBox } from './box.ts';
import type { Row } from '../measure.ts';

const PODS = 500;
const EVENTS = 10_000;
const OPERATIONS = 18;
const CLIENTS = 50;
/** Ten a second is what one address may ask for. */
const EVERY_MS = 100;
const FOR_MS = 20_000;
const AT_ONCE = 16;

async function each(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await act((next += 1));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

/** A busy cluster: pods and events in the product's namespace, and a full history of operations. */
export async function fill({ kube }: BenchBox): Promise<void> {
  const at = new Date(Date.now() - 86_400_000).toISOString();
  const image = `registry.example.com/other@${digestFor('other')}`;
  await each(PODS, (index) =>
    kube.create({
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: `crowd-${index}`, namespace: 'msp', labels: { app: 'crowd' } },
      spec: { containers: [{ name: 'main', image }] },
    }),
  );
  await each(EVENTS, (index) =>
    kube.create({
      ...{ apiVersion: 'v1', kind: 'Event', type: 'Normal', reason: 'Bench', count: 1 },
      metadata: { name: `crowd-${index}`, namespace: 'msp' },
      involvedObject: { kind: 'Pod', namespace: 'msp', name: `crowd-${index % PODS}` },
      ...{ message: `Event ${index}`, firstTimestamp: at, lastTimestamp: at },
    }),
  );
  const side = { digest: digestFor('old'), version: '0.9.0' };
  for (let index = 1; index <= OPERATIONS; index += 1) {
    const object = {
      ...{ apiVersion: GROUP_VERSION, kind: 'Operation' },
      metadata: { name: `2026010${1 + (index % 9)}t0000${10 + index}-repair-0a1b2c3d` },
      spec: {
        ...{ verb: 'repair', to: side, profile: 'default', intentRevision: 1, steps: ['confirm'] },
        actor: { by: 'bench', via: 'engine' },
      },
    };
    const made = await kube.create(object);
    const events = Array.from({ length: 200 }, (_, n) => ({
      n: n + 1,
      at,
      level: 'info',
      text: `Step ${n + 1}.`,
    }));
    const step = {
      kind: 'confirm',
      title: 'Confirm',
      state: 'done',
      attempts: 1,
      startedAt: at,
      endedAt: at,
    };
    const status = { outcome: 'succeeded', startedAt: at, endedAt: at, resumes: 0, steps: [step], events };
    await kube.replace({ ...made, status }, '/status');
  }
}

/** How many of the answers of a route the server itself had ready within so many seconds, in per cent. */
function withinPercent(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  seconds: string,
): number {
  const of = (line: string): number => (after.get(line) ?? 0) - (before.get(line) ?? 0);
  const name = 'appliance_http_request_seconds';
  return (100 * of(`${name}_bucket{le="${seconds}",route="status"}`)) / of(`${name}_count{route="status"}`);
}

/** `GET /api/status` by 50 clients at once, ten times a second each, on a box with 500 pods and 10,000 events. */
export async function benchStatus(box: BenchBox): Promise<readonly Row[]> {
  await fill(box);
  const cookie = await box.signIn();
  const visitors = Array.from({ length: CLIENTS }, (_, index) => new Visitor(box.port, index, cookie));
  const delay = 'appliance_event_loop_delay_seconds{quantile="0.99"}';
  try {
    await askInTurn(visitors, '/api/status', EVERY_MS, AbortSignal.timeout(2_000));
    await box.figures(cookie);
    await sleep(5_000);
    const idle = await box.figures(cookie);
    const [cpuBefore, starvedBefore] = [await box.cpuMs(), await box.starvedMs()];
    const { times, bytes } = await askInTurn(visitors, '/api/status', EVERY_MS, AbortSignal.timeout(FOR_MS));
    const cpu = (await box.cpuMs()) - cpuBefore;
    const starved = ((await box.starvedMs()) ?? Number.NaN) - (starvedBefore ?? Number.NaN);
    const after = await box.figures(cookie);
    return [
      {
        ...{ pods: PODS, events: EVENTS, clients: CLIENTS, answers: times.length, 'bytes each': bytes },
        'median, ms': percentile(times, 50),
        'p99, ms': percentile(times, 99),
        'slowest, ms': Math.max(...times),
        'ready in 20 ms by the server, %': withinPercent(idle, after, '0.02'),
        'loop p99 at rest, ms': 1000 * (idle.get(delay) ?? Number.NaN),
        'loop p99 under load, ms': 1000 * (after.get(delay) ?? Number.NaN),
        'CPU an answer, ms': cpu / times.length,
        'waited for a processor, % of the time': (100 * starved) / FOR_MS,
        'resident, MB': await box.memory('VmRSS'),
      },
    ];
  } finally {
    for (const visitor of visitors) visitor.leave();
  }
}
