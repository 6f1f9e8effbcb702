import { GROUP_VERSION } from '../contract/names.ts';
import { Host, HostStatus } from '../contract/objects.ts';
import { Problem } from '../contract/problem.ts';
import type { Clock, Cluster, KubeObject } from '../engine/ports.ts';
import { essenceOf, hostStatusOf, type HostKnowledge } from './host-status.ts';

interface Setting {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly node: string;
  /** Milliseconds after which it is written although nothing of weight has changed. */
  readonly reportMs: number;
}

export interface HostReporter {
  /** Looks at this host's object, makes it when there is none, and writes the report when it is due. Throws Problem cluster.*. */
  report(known: HostKnowledge, signal: AbortSignal): Promise<void>;
}

/** Writes the status of this host's own object, and nothing else (design §5). */
export function createReporter({ cluster, clock, node, reportMs }: Setting): HostReporter {
  const ref = { apiVersion: GROUP_VERSION, kind: 'Host', name: node } as const;
  const written: { at: number | undefined } = { at: undefined };

  const find = async (signal: AbortSignal): Promise<KubeObject> => {
    const found = await cluster.get(ref, signal);
    if (found !== undefined) return found;
    const { apiVersion, kind, name } = ref;
    try {
      return await cluster.create({ apiVersion, kind, metadata: { name }, spec: { images: [] } }, signal);
    } catch (error) {
      // The engine made it in the same moment.
      const other = isConflict(error) ? await cluster.get(ref, signal) : undefined;
      if (other === undefined) throw error;
      return other;
    }
  };

  return {
    async report(known, signal) {
      const object = await find(signal);
      const before = HostStatus.safeParse(object['status']).data;
      const { generation, name, resourceVersion } = object.metadata;
      const status = hostStatusOf(known, object['spec'], generation, before);
      const isDue = written.at === undefined || clock.monotonic() - written.at >= reportMs;
      if (!isDue && essenceOf(status) === essenceOf(before)) return;
      const checked = Host.safeParse({ ...object, status });
      if (!checked.success) throw new Problem('internal.bug', 'this host cannot say what it found');
      const { apiVersion, kind } = ref;
      const metadata = { name, resourceVersion };
      await cluster.replaceStatus({ apiVersion, kind, metadata, spec: object['spec'], status }, signal);
      written.at = clock.monotonic();
    },
  };
}

const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'cluster.conflict';
