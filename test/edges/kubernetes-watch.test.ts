import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { Limits } from 'host-service/edges/kubernetes/connect/limits.ts';
import { LineSplitter } from 'host-service/edges/kubernetes/lines.ts';
import { configMap, json, keptLog, startScripted, status, until } from './kubernetes-server.ts';
import type { Handler, Line, ScriptedServer, Seen } from './kubernetes-server.ts';

const KIND = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Followed {
  readonly server: ScriptedServer;
  readonly cluster: ConnectedCluster;
  readonly changes: string[];
  readonly lines: readonly Line[];
  readonly sleeps: readonly number[];
  /** Moments at which the pauses ended, had they been waited for. */
  readonly wakes: readonly number[];
  readonly stop: () => Promise<void>;
}

/** Starts a watch of ConfigMaps whose pauses are counted instead of waited for. */
async function follow(
  handle: Handler,
  onChange?: () => void,
  limits: Partial<Limits> = {},
): Promise<Followed> {
  const server = await startScripted(handle);
  const { log, lines } = keptLog();
  const sleeps: number[] = [];
  const wakes: number[] = [];
  // Runs ahead by each pause, as if it had been waited for.
  let ahead = 0;
  const monotonic = (): number => performance.now() + ahead;
  const cluster = createCluster({
    auth: { server: server.url },
    userAgent: 'test',
    log,
    limits: { lineBytes: 4 * 1024 * 1024, leaseMs: 10_000, ...limits },
    clock: {
      monotonic,
      random: () => 0.5,
      sleep: async (ms) => {
        sleeps.push(ms);
        ahead += ms;
        wakes.push(monotonic());
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    },
  });
  const end = new AbortController();
  const changes: string[] = [];
  const watching = cluster.watch(KIND, {
    namespace: 'default',
    signal: end.signal,
    onChange: (object, type) => {
      const data = object['data'];
      const k = typeof data === 'object' && data !== null && 'k' in data ? String(data.k) : '';
      changes.push(`${type} ${object.metadata.name}${k === '' ? '' : ` ${k.slice(0, 20)}`}`);
      onChange?.();
    },
  });
  const stop = async (): Promise<void> => {
    end.abort();
    await watching;
  };
  open.push(
    stop,
    async () => cluster.close(),
    async () => server.stop(),
  );
  return { server, cluster, changes, lines, sleeps, wakes, stop };
}

const list = (version: string, ...items: object[]): object => ({
  kind: 'ConfigMapList',
  apiVersion: 'v1',
  metadata: { resourceVersion: version },
  items,
});
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const isWatch = (seen: Seen): boolean => seen.query.get('watch') === '1';

/** The n-th list and the n-th watch are answered by the n-th entry; the last one stays. */
function script(lists: readonly object[], watches: readonly ((answer: ServerResponse) => void)[]): Handler {
  let [listed, watched] = [0, 0];
  return (seen, answer) => {
    if (!isWatch(seen)) return json(answer, 200, lists[Math.min(listed++, lists.length - 1)]);
    const act = watches[watched++];
    // Further watches stay open and silent.
    if (act === undefined) return answer.flushHeaders();
    act(answer);
  };
}

const writes =
  (...parts: readonly (string | Uint8Array)[]) =>
  (answer: ServerResponse): void => {
    for (const part of parts) answer.write(part);
    answer.end();
  };

describe('a watch', () => {
  it('tells what is there, then each change, and goes on from the last version after a clean end', async () => {
    const first = writes(
      event('ADDED', configMap('b', '11')),
      event('MODIFIED', configMap('a', '12', { k: 'new' })),
      event('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: '15' } }),
    );
    const { server, changes, sleeps, wakes } = await follow(
      script([list('10', configMap('a', '9'))], [first, writes(event('DELETED', configMap('b', '16')))]),
    );
    await until('the third watch', () => server.seen.filter(isWatch).length === 3);
    expect(changes).toEqual(['added a', 'added b', 'modified a new', 'deleted b']);
    const watches = server.seen.filter(isWatch).map(({ query }) => query);
    expect(watches.map((query) => query.get('resourceVersion'))).toEqual(['10', '15', '16']);
    expect(watches.every((query) => query.get('allowWatchBookmarks') === 'true')).toBe(true);
    expect(watches[0]?.get('timeoutSeconds')).toBe('300');
    expect(server.seen.filter((seen) => !isWatch(seen))).toHaveLength(1);
    // At least a second from one watch to the next, whatever the server does.
    expect(sleeps).toHaveLength(2);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(1000);
    expect(wakes[1]! - wakes[0]!).toBeGreaterThanOrEqual(1000);
  });

  it('lists again after 410 in the stream, and tells what vanished, changed and was replaced meanwhile', async () => {
    const gone = writes(event('ERROR', status(410, 'Expired', 'too old resource version')));
    const replaced = {
      ...configMap('d', '30'),
      metadata: { name: 'd', namespace: 'default', uid: 'other', resourceVersion: '30' },
    };
    const { changes, server } = await follow(
      script(
        [
          list('10', configMap('a', '1'), configMap('b', '2'), configMap('c', '3'), configMap('d', '4')),
          list('40', configMap('a', '1'), configMap('b', '20'), replaced, configMap('e', '31')),
        ],
        [gone],
      ),
    );
    await until('the second watch', () => server.seen.filter(isWatch).length === 2);
    expect(changes.slice(4)).toEqual(['deleted c', 'modified b', 'deleted d', 'added d', 'added e']);
    expect(server.seen.filter(isWatch)[1]?.query.get('resourceVersion')).toBe('40');
  });

  it('lists again after 410 as status of the answer', async () => {
    const { changes, server } = await follow(
      script(
        [list('10', configMap('a')), list('20')],
        [(answer) => json(answer, 410, status(410, 'Gone', 'x'))],
      ),
    );
    await until('the second watch', () => server.seen.filter(isWatch).length === 2);
    expect(changes).toEqual(['added a', 'deleted a']);
  });

  it('B-91 keeps characters whole that are cut by the network, and events larger than a megabyte', async () => {
    const long = 'ü'.repeat(900_000);
    const bytes = Buffer.from(event('ADDED', configMap('a', '11', { k: 'grün €', rest: long })));
    const parts = Array.from({ length: Math.ceil(bytes.length / 65_537) }, (_, n) =>
      bytes.subarray(n * 65_537, (n + 1) * 65_537),
    );
    const cut = Buffer.from(event('ADDED', configMap('b', '12', { k: '€' })));
    const at = cut.indexOf(0xe2) + 1;
    const { changes } = await follow(
      script([list('10')], [writes(...parts, cut.subarray(0, at), cut.subarray(at))]),
    );
    await until('both', () => changes.length === 2);
    expect(changes).toEqual(['added a grün €', 'added b €']);
  });

  it('reads a line again that was cut half-way, from the last whole event', async () => {
    const half = (answer: ServerResponse): void => {
      answer.write(event('ADDED', configMap('a', '11')));
      answer.write(event('ADDED', configMap('b', '12')).slice(0, 40), () =>
        setTimeout(() => answer.destroy(), 20),
      );
    };
    const { changes, server } = await follow(
      script([list('10')], [half, writes(event('ADDED', configMap('b', '12')))]),
    );
    await until('b', () => changes.length === 2);
    expect(changes).toEqual(['added a', 'added b']);
    expect(server.seen.filter(isWatch)[1]?.query.get('resourceVersion')).toBe('11');
  });

  it.each([
    ['garbage', '{"type":"ADDED","object":{"metadata"\n'],
    ['an unknown type', event('SURPRISE', configMap('x'))],
    ['an object without name', event('ADDED', { metadata: {} })],
    ['a bookmark without version', event('BOOKMARK', { metadata: {} })],
    ['a line longer than allowed', 'x'.repeat(5 * 1024 * 1024)],
  ])('says cluster.bad-answer and lists again after %s', async (_name, line) => {
    const { changes, lines, server } = await follow(
      script(
        [list('10'), list('20', configMap('a', '15'))],
        [writes(event('ADDED', configMap('z', '11')), line)],
      ),
    );
    await until('the second watch', () => server.seen.filter(isWatch).length === 2);
    expect(changes).toEqual(['added z', 'deleted z', 'added a']);
    expect(JSON.stringify(lines.find((one) => one.level === 'warn')?.fields)).toContain('cluster.bad-answer');
  });

  it('waits longer with each failure, up to half a minute, and as long as the server asks', async () => {
    let asked = 0;
    const { sleeps, lines, stop } = await follow((_seen, answer) => {
      asked += 1;
      const headers: Record<string, string> = asked === 9 ? { 'retry-after': '90' } : {};
      json(answer, asked === 9 ? 429 : 503, status(503, 'ServiceUnavailable', 'starting'), headers);
    });
    await until('nine failures', () => sleeps.length >= 9);
    await stop();
    expect(sleeps.slice(0, 9)).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500, 90_000]);
    expect(lines.filter((one) => one.level === 'warn').length).toBeGreaterThanOrEqual(9);
  });

  it('gives up a peer that has fallen silent, and goes on from where it was', async () => {
    const limits = { callMs: 500, watchSeconds: [0, 0] } as const;
    const { server, changes, lines } = await follow(
      script([list('10', configMap('a'))], []),
      undefined,
      limits,
    );
    await until('the second watch', () => server.seen.filter(isWatch).length === 2);
    expect(changes).toEqual(['added a']);
    expect(server.seen.filter(isWatch)[1]?.query.get('resourceVersion')).toBe('10');
    expect(JSON.stringify(lines.map((one) => one.fields))).toContain('cluster.timeout');
  });

  it('waits for a kind that is not there yet, and tells that all is gone when the kind goes', async () => {
    let known = false;
    const { changes, server } = await follow((seen, answer) => {
      if (!known) return void answer.writeHead(404).end('404 page not found\n');
      if (!isWatch(seen)) return json(answer, 200, list('10', configMap('a')));
      known = false;
      answer.end();
    });
    await until('two looks', () => server.seen.length >= 2);
    known = true;
    await until('it is gone again', () => changes.length === 2);
    expect(changes).toEqual(['added a', 'deleted a']);
  });

  it('survives a listener that throws, and says so', async () => {
    const { changes, lines } = await follow(script([list('10', configMap('a'), configMap('b'))], []), () => {
      throw new Error('listener');
    });
    await until('both', () => changes.length === 2);
    expect(lines.filter((one) => one.level === 'error')).toHaveLength(2);
  });

  it('holds its own connection, so that calls are not starved, and lets go when it is stopped', async () => {
    const { server, cluster, stop, changes } = await follow((seen, answer) => {
      if (seen.path.endsWith('/a')) return json(answer, 200, configMap('a'));
      if (!isWatch(seen)) return json(answer, 200, list('10', configMap('a')));
      answer.flushHeaders();
    });
    await until('the list', () => changes.length === 1);
    const { signal } = new AbortController();
    for (let n = 0; n < 20; n += 1) await cluster.get({ ...KIND, namespace: 'default', name: 'a' }, signal);
    expect(server.connections()).toBeLessThanOrEqual(5);
    expect(cluster.counters()).toEqual({ requests: 22, connections: server.connections() });
    await stop();
  });
});

describe('the Lease', () => {
  it('is renewed on a connection of its own while all others hang', async () => {
    const { cluster, stop } = await follow((seen, answer) => {
      if (!seen.path.includes('/leases')) return;
      const metadata = { name: 'l', namespace: 'default', resourceVersion: '1' };
      json(answer, 200, { metadata, spec: { holderIdentity: 'a', renewTime: null } });
    });
    const end = new AbortController();
    const hanging = Array.from({ length: 8 }, async () =>
      cluster.list(KIND, { signal: end.signal }).catch(() => undefined),
    );
    const record = await cluster.lease.read('l', 'default', end.signal);
    end.abort();
    await Promise.all([...hanging, stop()]);
    expect(record).toMatchObject({ holder: 'a', renewTime: '1970-01-01T00:00:00.000000Z', transitions: 0 });
  });
});

describe('lines of a stream', () => {
  it('are the same however the bytes are cut', () => {
    const bytes = Buffer.from('{"a":"ä€😀"}\n\n{"b":1}\r\n{"half"');
    for (let size = 1; size <= bytes.length; size += 1) {
      const lines: string[] = [];
      const splitter = new LineSplitter(100, (line) => lines.push(line.trim()));
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      expect(lines).toEqual(['{"a":"ä€😀"}', '{"b":1}']);
    }
  });
});
