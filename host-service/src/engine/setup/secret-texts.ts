import { CONTROL_PLANE_NAMESPACE } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { Cluster, KubeObject, KubeRef } from '../ports.ts';

type Writes = Pick<Cluster, 'get' | 'create' | 'replace'>;
/** So often a change is made again when somebody else has written meanwhile. */
const TRIES = 8;

/** A Secret of the control plane's own namespace. */
export const ownSecret = (name: string, namespace: string = CONTROL_PLANE_NAMESPACE): KubeRef => ({
  ...{ apiVersion: 'v1', kind: 'Secret' },
  ...{ namespace, name },
});

/** A Secret with its texts in the clear; for this process only. `revision` is `0` when it is not there. */
export interface SecretTexts {
  readonly texts: Readonly<Record<string, string>>;
  readonly revision: string;
}

/** Texts by key; what is no base64 text is left out. */
export function textsOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  const data: unknown = object?.['data'];
  if (typeof data !== 'object' || data === null) return {};
  const pairs = Object.entries(data).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs.map(([key, text]) => [key, fromBase64(text)]));
}

/** Problems cluster.*. */
export async function readTexts(
  cluster: Pick<Cluster, 'get'>,
  ref: KubeRef,
  signal: AbortSignal,
): Promise<SecretTexts> {
  const found = await cluster.get(ref, signal);
  return { texts: textsOf(found), revision: found?.metadata.resourceVersion ?? '0' };
}

/** Replaces the texts of a Secret if it still has this revision. Problem cluster.conflict when it has not. */
export async function writeTexts(
  cluster: Writes,
  { namespace, name }: KubeRef,
  texts: Readonly<Record<string, string>>,
  revision: string,
  signal: AbortSignal,
): Promise<void> {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, toBase64(text)]));
  const base = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', data };
  if (revision === '0') await cluster.create({ ...base, metadata: { name, namespace } }, signal);
  else await cluster.replace({ ...base, metadata: { name, namespace, resourceVersion: revision } }, signal);
}

/**
 * Changes the texts of a Secret, again when somebody else was faster. `change` answers undefined when nothing is to be written; it may throw.
 * Problems cluster.*.
 */
export async function changeTexts(
  cluster: Writes,
  ref: KubeRef,
  change: (texts: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { texts, revision } = await readTexts(cluster, ref, signal);
    const changed = change(texts);
    if (changed === undefined) return;
    try {
      await writeTexts(cluster, ref, changed, revision, signal);
      return;
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= TRIES) throw error;
    }
  }
}

const toBase64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (text: string): string => {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  } catch {
    return '';
  }
};
