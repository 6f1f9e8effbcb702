import { CONTROL_PLANE_NAMESPACE, Key } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import { DRAFT_SECRET } from '../core/plan/settings-step.ts';
import type { Cluster, KubeObject } from './ports.ts';

type Writes = Pick<Cluster, 'get' | 'create' | 'replace'>;
const REF = {
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: CONTROL_PLANE_NAMESPACE,
  name: DRAFT_SECRET,
} as const;
const TRIES = 8;

/**
 * Keeps secret answers of the installer, beside those that are there already. Write-only for people: nothing reads them back but the step
 * that uses them.
 *
 * @throws Problem request.invalid for a name that cannot be one, cluster.*
 */
export async function keepSecretAnswers(
  cluster: Writes,
  answers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const bad = Object.keys(answers).find((name) => !Key.safeParse(name).success);
  if (bad !== undefined) throw new Problem('request.invalid', `'${bad}' is not the name of an answer`);
  const data = Object.fromEntries(Object.entries(answers).map(([name, text]) => [name, toBase64(text)]));
  for (let attempt = 1; ; attempt += 1) {
    const found = await cluster.get(REF, signal);
    try {
      await write(cluster, found, data, signal);
      return;
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= TRIES) throw error;
    }
  }
}

async function write(
  cluster: Writes,
  found: KubeObject | undefined,
  data: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, namespace, name } = REF;
  const base = { apiVersion, kind, type: 'Opaque' };
  if (found === undefined) {
    await cluster.create({ ...base, metadata: { name, namespace }, data }, signal);
    return;
  }
  const { resourceVersion } = found.metadata;
  const present = typeof found['data'] === 'object' ? found['data'] : {};
  const merged = { ...present, ...data };
  await cluster.replace({ ...base, metadata: { name, namespace, resourceVersion }, data: merged }, signal);
}

const toBase64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
