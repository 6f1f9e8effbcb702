import {
  BakedBuild,
  CONTROL_PLANE_RECORD,
  CONTROL_PLANE_RECORD_KEY,
  ControlPlaneBuild,
  ControlPlaneRecord,
  FailedBuild,
} from '../../contract/control-plane.ts';
import { FIELD_MANAGER } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { EMPTY_RECORD } from '../../core/roll/record.ts';
import { items, member, text } from '../observe/read.ts';
import type { Cluster, KubeObject } from '../ports.ts';

/** Tries of one change against others who write as well. */
const TRIES = 8;

const refIn = (namespace: string) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: CONTROL_PLANE_RECORD }) as const;

/** What is known about builds of the control plane here; an empty record when there is none. Throws Problem cluster.*. */
export async function readRecord(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<ControlPlaneRecord> {
  return recordIn(await cluster.get(refIn(namespace), signal));
}

/** Whether the stored record can be read as a whole; one that is not there can. */
export function isReadable(object: KubeObject | undefined): boolean {
  const stored = text(object, 'data', CONTROL_PLANE_RECORD_KEY);
  return stored === '' || ControlPlaneRecord.safeParse(parsed(stored)).success;
}

/**
 * Changes the record under its resourceVersion, again after each conflict; nothing is written when nothing changes. Answers the record as it
 * lies there afterwards. Throws Problem cluster.*.
 */
export async function changeRecord(
  cluster: Pick<Cluster, 'get' | 'create' | 'replace'>,
  namespace: string,
  change: (record: ControlPlaneRecord) => ControlPlaneRecord,
  signal: AbortSignal,
): Promise<ControlPlaneRecord> {
  const { apiVersion, kind, name } = refIn(namespace);
  for (let attempt = 1; ; attempt += 1) {
    const found = await cluster.get(refIn(namespace), signal);
    const before = recordIn(found);
    const after = change(before);
    if (after === before || JSON.stringify(after) === JSON.stringify(before)) return before;
    const data = { ...dataOf(found), [CONTROL_PLANE_RECORD_KEY]: JSON.stringify(after) };
    const labels = { ...found?.metadata.labels, 'app.kubernetes.io/managed-by': FIELD_MANAGER };
    const head = { apiVersion, kind, data };
    try {
      if (found === undefined) {
        await cluster.create({ ...head, metadata: { name, namespace, labels } }, signal);
      } else {
        const { resourceVersion, annotations } = found.metadata;
        const metadata = { name, namespace, labels, annotations, resourceVersion };
        await cluster.replace({ ...head, metadata }, signal);
      }
      return after;
    } catch (error) {
      const lost = error instanceof Problem && /^cluster\.(conflict|not-found)$/.test(error.code);
      if (!lost || attempt >= TRIES) throw error;
    }
  }
}

function recordIn(object: KubeObject | undefined): ControlPlaneRecord {
  const stored = text(object, 'data', CONTROL_PLANE_RECORD_KEY);
  if (stored === '') return EMPTY_RECORD;
  const value = parsed(stored);
  const whole = ControlPlaneRecord.safeParse(value);
  return whole.success ? whole.data : salvaged(value);
}

function parsed(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}

/** What can still be read of a damaged record: a way back that is half known is better than none. */
function salvaged(value: unknown): ControlPlaneRecord {
  const lastGood = ControlPlaneRecord.shape.lastGood.safeParse(member(value, 'lastGood'));
  const formerGood = ControlPlaneBuild.safeParse(member(value, 'formerGood'));
  const baked = BakedBuild.safeParse(member(value, 'baked'));
  const failed = items(value, 'failed').flatMap((entry) => FailedBuild.safeParse(entry).data ?? []);
  return {
    ...EMPTY_RECORD,
    ...(lastGood.success && lastGood.data !== undefined ? { lastGood: lastGood.data } : {}),
    ...(formerGood.success ? { formerGood: formerGood.data } : {}),
    ...(baked.success ? { baked: baked.data } : {}),
    failed: failed.slice(0, 16),
  };
}

const dataOf = (object: KubeObject | undefined): Record<string, unknown> => {
  const data = member(object, 'data');
  return typeof data === 'object' && data !== null ? { ...data } : {};
};
