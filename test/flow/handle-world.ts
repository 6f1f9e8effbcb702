import type { LiveEvent } from 'host-service/contract/api/status.ts';
import type { Actor } from 'host-service/contract/appliance.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import { createHandle } from 'host-service/engine/handle/create-handle.ts';
import type { Handle } from 'host-service/engine/handle/handle.ts';
import { fence } from 'host-service/engine/lead/fence.ts';
import { createWake, type Wake } from 'host-service/engine/loop/wake.ts';
import type { Cluster } from 'host-service/engine/ports.ts';
import { makeProduct } from '../fixtures/documents.ts';
import { Box, PRODUCT } from './world/box.ts';

export const ADA: Actor = { by: 'ada', via: 'ui' };
export const WHO = { actor: ADA };

/** A product with a question of each kind; none of them keeps it from being installed. */
export const ASKING = makeProduct({
  namespaces: PRODUCT.namespaces,
  secrets: PRODUCT.secrets,
  settings: {
    appUrl: { type: 'url', title: 'Address' },
    tenant: { type: 'text', title: 'Company', required: false, maxLength: 20, editable: false },
    mail: { type: 'email', title: 'Mail', required: false },
    edition: { type: 'choice', title: 'Edition', required: false, choices: ['ee', 'ce'] },
    password: { type: 'password', title: 'Password', required: false, maxLength: 40, editable: false },
    licence: { type: 'secret', title: 'Licence', required: false },
  },
});

export interface Plane {
  readonly engine: Engine;
  readonly handle: Handle;
  readonly wake: Wake;
  readonly cluster: Cluster;
}

/** A control plane's handle on a box: of the leader, or of a replica that may not write what is the engine's. */
export function planeOn(
  box: Box,
  { isLeader = true, wrap = (cluster: Cluster) => cluster, build = 'test-1' } = {},
): Plane {
  const bare = box.engine();
  const cluster = wrap(bare.ports.cluster);
  const engine = { ...bare, ports: { ...bare.ports, cluster: fence(cluster, () => isLeader) } };
  const wake = createWake(box.clock.port);
  const handle = createHandle(engine, { cluster, wake, build, isLeader: () => isLeader });
  return { engine, handle, wake, cluster };
}

/** A box of the asking product that runs 1.0.0. */
export async function installed(): Promise<Box> {
  const box = new Box();
  box.product = ASKING;
  box.vendor.publish('1.0.0');
  await box.run();
  return box;
}

/** Every object of the cluster, to the byte. */
export const fingerprint = (box: Box): string =>
  JSON.stringify(
    box.cluster.store.keys().map((key) => {
      const [kind = '', place = ''] = key.split(' ');
      const [namespace = '', name = ''] = place.split('/');
      return box.cluster.store.get({ kind, name, ...(namespace === '' ? {} : { namespace }) });
    }),
  );

export const specOf = (box: Box): Record<string, unknown> =>
  Object(box.cluster.must('Appliance', 'appliance')['spec']) as Record<string, unknown>;
export const intentOf = (box: Box): Record<string, unknown> =>
  Object(specOf(box)['intent']) as Record<string, unknown>;

/** Lets everything that is ready run. */
export const breathe = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Time passes, and all that is due happens. */
export async function pass(box: Box, ms: number, stepMs = 50): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await breathe();
    box.clock.advance(stepMs);
  }
  await breathe();
}

export interface Heard {
  readonly events: (LiveEvent & { readonly text: string })[];
  readonly stop: () => void;
}

/** Somebody who listens from a cursor on. */
export function listen({ handle }: Plane, after?: string): Heard {
  const events: Heard['events'] = [];
  return { events, stop: handle.live.subscribe(after, (event) => events.push(event)) };
}

/** Operation events as `operation n`, in the order in which they came. */
export const told = ({ events }: Heard): readonly string[] =>
  events.flatMap((event) =>
    event.name === 'operation' ? [`${event.data.operation} ${event.data.event.n}`] : [],
  );

/** All operation events that lie in the cluster, oldest first. */
export const journalled = (box: Box): readonly string[] =>
  [...box.operations()]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .flatMap(({ metadata, status }) => (status?.events ?? []).map(({ n }) => `${metadata.name} ${n}`));

/** Runs the live part of a plane while `act` runs. */
export async function living<T>(box: Box, plane: Plane, act: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = plane.handle.live.run(stop.signal);
  try {
    await pass(box, 100);
    return await act();
  } finally {
    stop.abort();
    await pass(box, 100);
    await running;
  }
}

/** The vendor's nightly channel names a release of its own. */
export function nightly(box: Box, version: string): { readonly digest: string } {
  const { registry } = box.vendor;
  const stable = registry.references.get('stable-v2');
  const made = box.vendor.publish(version, 'good', {}, { channel: 'nightly' });
  const content = registry.references.get('stable-v2');
  if (stable === undefined || content === undefined) throw new Error('nothing is published');
  registry.references.set('nightly-v2', content);
  registry.references.set('stable-v2', stable);
  return made;
}
