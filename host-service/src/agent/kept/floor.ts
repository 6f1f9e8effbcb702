import { z } from 'zod';
import { FLOOR_CONFIGMAP } from '../../contract/objects.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import type { Cluster, Log } from '../../engine/ports.ts';
import { readRecord, writeRecord } from '../../engine/resolve/record.ts';
import { higherFloor } from './floor-merge.ts';
import type { StateFolder } from '../ports.ts';

const FILE = 'floor.json';
/** Each text is a floor or the statement that raised it; the cluster's own cap is 1 MiB for all. */
const Copy = z.record(z.string().max(253), z.string().max(512 * 1024));
export type FloorData = z.infer<typeof Copy>;

/** Parses a copy; undefined when it is damaged, which is as good as none. */
function parseCopy(text: string | undefined): FloorData | undefined {
  if (text === undefined) return undefined;
  try {
    return Copy.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Keeps a copy of what was admitted on this host, so that a cluster that was restored from an older state, or emptied, does not let anything older in
 * (design §5): of the two the higher counts, and is written to where it is not. The copy goes first (R17: whole or not at all).
 *
 * @throws Problem cluster.*, config.unreadable
 */
export async function keepFloor(
  parts: {
    readonly cluster: Cluster;
    readonly namespace: string;
    readonly state: StateFolder;
    readonly log: Log;
  },
  signal: AbortSignal,
): Promise<void> {
  const { cluster, namespace, state, log } = parts;
  const record = await readRecord(cluster, namespace, signal);
  const copy = parseCopy(state.read(FILE)) ?? {};
  const highest = higherFloor(record.data, copy);
  const text = JSON.stringify(highest);
  if (text !== JSON.stringify(copy) && Object.keys(highest).length > 0) await state.write(FILE, text);
  if (JSON.stringify(sorted(highest)) === JSON.stringify(sorted(record.data))) return;
  try {
    await writeRecord(cluster, namespace, { ...record, data: highest }, signal);
    log.warn('what the cluster knew as admitted was older than the copy of this host', {
      name: FLOOR_CONFIGMAP,
    });
  } catch (error) {
    // Somebody else wrote it meanwhile: the next turn looks at that.
    if (!(error instanceof Problem) || problemOf(error).code !== 'cluster.conflict') throw error;
  }
}

const sorted = (data: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
