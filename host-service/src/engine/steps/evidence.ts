import type { ComponentHealth } from '../../contract/appliance.ts';
import type { Cluster } from '../ports.ts';

/** Which pods run which digests, one component a line: what `confirm` was based on. */
export function healthEvidence(components: readonly ComponentHealth[]): string {
  return components
    .map(({ kind, namespace, name, state, detail, digests, pods }) => {
      const images = Object.entries(digests).map(([key, digest]) => `${key}=${digest}`);
      const parts = [`${kind} ${namespace}/${name}: ${state}`, ...images];
      if (pods.length > 0) parts.push(`pods ${pods.join(', ')}`);
      if (state !== 'ready') parts.push(detail);
      return parts.join('; ');
    })
    .join('\n');
}

/** Longest piece of log that is kept for a failed release, in bytes (design §5 caps). */
const LOG_BYTES = 3 * 1024;

/**
 * The end of the failed container's log, so that people see why: of the last run before a crash where there is one. Never fails;
 * says so in words when the log cannot be had.
 */
export async function failureLog(
  cluster: Cluster,
  component: ComponentHealth,
  signal: AbortSignal,
): Promise<string> {
  const name = component.pods[0];
  if (name === undefined) return '';
  const { namespace } = component;
  const pod = await cluster.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }, signal);
  const container = worstContainer(pod?.['status']);
  if (container === undefined) return '';
  for (const previous of [true, false]) {
    try {
      const text = await cluster.log({ namespace, name, container, previous }, LOG_BYTES, signal);
      if (text.trim() !== '') return `last lines of ${namespace}/${name} ${container}:\n${text}`;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return `no log of ${namespace}/${name} ${container} could be read`;
}

/** The first container that is not ready, init containers first; else the first one. */
function worstContainer(status: unknown): string | undefined {
  if (typeof status !== 'object' || status === null) return undefined;
  const listed = [...listOf(status, 'initContainerStatuses'), ...listOf(status, 'containerStatuses')];
  const named = listed.filter((entry): entry is { name: string; ready?: unknown } => hasName(entry));
  return (named.find((entry) => entry.ready === false) ?? named[0])?.name;
}

function listOf(status: object, key: string): readonly unknown[] {
  const list: unknown = Reflect.get(status, key);
  return Array.isArray(list) ? list : [];
}

const hasName = (entry: unknown): boolean =>
  typeof entry === 'object' && entry !== null && typeof Reflect.get(entry, 'name') === 'string';
