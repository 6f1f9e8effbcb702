import { keepFloor } from 'host-service/agent/kept/floor.ts';
import { higherFloor } from 'host-service/agent/kept/floor-merge.ts';
import type { StateFolder } from 'host-service/agent/ports.ts';
import { FLOOR_CONFIGMAP } from 'host-service/contract/objects.ts';
import { readRecord } from 'host-service/engine/resolve/record.ts';
import { describe, expect, it } from 'vitest';
import { MemoryCluster } from '../fixtures/memory-cluster.ts';

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const signal = new AbortController().signal;
const NAMESPACE = 'box';
const digest = `sha256:${'a'.repeat(64)}`;

const floor = (sequence: number, more: object = {}): string =>
  JSON.stringify({
    ...{
      product: 'alga',
      repository: 'registry.test/release',
      channel: 'stable',
      sequence,
      statement: digest,
    },
    ...{ release: { digest, version: '1.0.0' }, signedSeen: false, at: '2026-03-01T10:00:00Z', ...more },
  });
const data = (sequence: number, more: object = {}) => ({
  stable: floor(sequence, more),
  'statement.stable': `statement ${sequence}`,
});

describe('the higher of two floors', () => {
  it('is the one with the higher number, with the statement that raised it; equal ones are the cluster’s', () => {
    expect(higherFloor(data(7), data(5))).toEqual(data(7));
    expect(higherFloor(data(5), data(7))).toEqual(data(7));
    expect(higherFloor(data(5), { ...data(5), 'statement.stable': 'another' })).toEqual(data(5));
    expect(higherFloor({}, data(7))).toEqual(data(7));
    expect(higherFloor(data(7), {})).toEqual(data(7));
  });

  it('is never one that cannot be read or is about something else', () => {
    expect(higherFloor(data(5), { stable: 'not json', 'statement.stable': 'x' })).toEqual(data(5));
    expect(higherFloor({ stable: '{' }, data(7))).toEqual(data(7));
    expect(higherFloor(data(5), { stable: floor(9, { repository: 'registry.test/another' }) })).toEqual(
      data(5),
    );
  });

  it('remembers that a signed release was admitted, and the newest keys', () => {
    const merged = higherFloor(data(7), data(5, { signedSeen: true }));
    expect(JSON.parse(merged['stable'] ?? '')).toMatchObject({ sequence: 7, signedSeen: true });
    const keys = (version: number): string => JSON.stringify({ version, keys: [] });
    expect(higherFloor({ 'trust.keys': keys(2) }, { 'trust.keys': keys(3) })).toEqual({
      'trust.keys': keys(3),
    });
    expect(higherFloor({ 'trust.keys': keys(3) }, { 'trust.keys': keys(2) })).toEqual({
      'trust.keys': keys(3),
    });
    expect(higherFloor({}, { 'trust.keys': keys(2), else: 'x' })).toEqual({ 'trust.keys': keys(2) });
  });
});

describe('the copy of the floor on a host', () => {
  function world(): { cluster: MemoryCluster; texts: Map<string, string>; keep: () => Promise<void> } {
    const cluster = new MemoryCluster();
    const texts = new Map<string, string>();
    const state: StateFolder = {
      read: (name) => texts.get(name),
      write: async (name, text) => {
        await Promise.resolve();
        texts.set(name, text);
      },
    };
    const parts = { cluster: cluster.port, namespace: NAMESPACE, state, log };
    return { cluster, texts, keep: () => keepFloor(parts, signal) };
  }
  const map = (sequence: number) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: FLOOR_CONFIGMAP, namespace: NAMESPACE } },
    data: data(sequence),
  });
  const kept = (cluster: MemoryCluster) =>
    readRecord(cluster.port, NAMESPACE, signal).then((record) => record.data);

  it('follows the cluster, and writes nothing there as long as that is not lower', async () => {
    const { cluster, texts, keep } = world();
    await keep();
    expect([cluster.writes, texts.size]).toEqual([0, 0]);
    cluster.foreign(map(5));
    await keep();
    cluster.foreign(map(7));
    await keep();
    expect(JSON.parse(texts.get('floor.json') ?? '')).toEqual(data(7));
    expect(cluster.writes).toBe(0);
  });

  it('R-13 raises a cluster that was set back to an older state or emptied, so that nothing older gets in', async () => {
    const { cluster, keep } = world();
    cluster.foreign(map(7));
    await keep();
    cluster.foreign(map(3));
    await keep();
    expect(await kept(cluster)).toEqual(data(7));
    cluster.objects.clear();
    await keep();
    expect(await kept(cluster)).toEqual(data(7));
    expect(cluster.writes).toBe(2);
  });

  it('loses against a write in the same moment and looks again', async () => {
    const { cluster, keep } = world();
    cluster.foreign(map(7));
    await keep();
    cluster.foreign(map(3));
    cluster.beforeWrite = () => {
      cluster.beforeWrite = quiet;
      cluster.foreign(map(9));
    };
    await keep();
    expect(await kept(cluster)).toEqual(data(9));
    await keep();
    expect(await kept(cluster)).toEqual(data(9));
  });

  it('R-16 takes a damaged copy for none', async () => {
    const { cluster, texts, keep } = world();
    texts.set('floor.json', '{"stable": "');
    cluster.foreign(map(5));
    await keep();
    expect(JSON.parse(texts.get('floor.json') ?? '')).toEqual(data(5));
    texts.set('floor.json', '[1]');
    await keep();
    expect(JSON.parse(texts.get('floor.json') ?? '')).toEqual(data(5));
  });
});
