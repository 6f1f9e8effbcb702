import { z } from 'zod';
import type { ChannelStatement } from '../../contract/documents/channel.ts';
import { Floor, FLOOR_CONFIGMAP } from '../../contract/objects.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import { KeysDocument, type Trust } from '../../contract/trust.ts';
import { digestOfBytes } from '../../core/release/digest.ts';
import { floorFor, parseStatement } from '../../core/release/statement.ts';
import type { Cluster } from '../ports.ts';

/** Keys that a confirmed keys document brought (design §4 "Trust"). */
const ConfirmedKeys = KeysDocument.pick({
  product: true,
  version: true,
  keys: true,
  revoked: true,
  thresholds: true,
});
const Data = z.record(z.string(), z.string());

const KEYS = 'trust.keys';
const STATEMENT = 'statement.';

/** ConfigMap `appliance-floor`: what was admitted, so that nothing older is taken after it. Data as it lies in the cluster. */
export interface FloorRecord {
  readonly resourceVersion: string | undefined;
  readonly data: Readonly<{ [key: string]: string }>;
}

export interface FloorOf {
  readonly product: string;
  readonly repository: string;
  readonly channel: string;
}

const refOf = (namespace: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace },
  name: FLOOR_CONFIGMAP,
});

/** @throws Problem cluster.* */
export async function readRecord(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<FloorRecord> {
  const object = await cluster.get(refOf(namespace), signal);
  if (object === undefined) return { resourceVersion: undefined, data: {} };
  const data = Data.safeParse(object['data'] ?? {});
  if (!data.success) throw new Problem('cluster.bad-answer', `${FLOOR_CONFIGMAP} has no texts as data`);
  return { resourceVersion: object.metadata.resourceVersion, data: data.data };
}

/**
 * Writes with the resourceVersion that was read: nobody's higher floor is lost.
 * @throws Problem cluster.conflict when it changed meanwhile
 */
export async function writeRecord(
  cluster: Cluster,
  namespace: string,
  record: FloorRecord,
  signal: AbortSignal,
): Promise<FloorRecord> {
  const { resourceVersion, data } = record;
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: FLOOR_CONFIGMAP,
      namespace,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data,
  };
  const written =
    resourceVersion === undefined
      ? await cluster.create(object, signal)
      : await cluster.replace(object, signal);
  return { resourceVersion: written.metadata.resourceVersion, data };
}

function floorAt(record: FloorRecord, key: string): Floor | undefined {
  const text = record.data[key];
  if (text === undefined) return undefined;
  try {
    return Floor.parse(JSON.parse(text));
  } catch (error) {
    // Fails closed: a floor that cannot be read is no reason to take something older (protocols §8 "state tampering").
    throw new Problem('cluster.bad-answer', `${FLOOR_CONFIGMAP}: ${key} cannot be read`, { cause: error });
  }
}

/** A channel has one key; a second repository under the same channel name gets one with a part of its digest. */
function keysOf(of: FloorOf): readonly [string, string] {
  const hash = digestOfBytes(new TextEncoder().encode(`${of.product} ${of.repository}`));
  return [of.channel, `${of.channel}.${hash.slice(7, 15)}`];
}

/** The floor of exactly this product, repository and channel. @throws Problem cluster.bad-answer when it cannot be read */
export function floorOf(record: FloorRecord, of: FloorOf): Floor | undefined {
  return keysOf(of)
    .map((key) => floorFor(floorAt(record, key), of))
    .find((floor) => floor !== undefined);
}

/** The record with a raised floor and the statement that raised it. A floor is never lowered. */
export function withFloor(record: FloorRecord, floor: Floor, statement: Uint8Array): FloorRecord {
  const current = floorOf(record, floor);
  if (current !== undefined && current.sequence > floor.sequence) return record;
  const [first, second] = keysOf(floor);
  const taken = floorAt(record, first);
  const key = taken === undefined || floorFor(taken, floor) !== undefined ? first : second;
  const next: Floor = { ...floor, signedSeen: floor.signedSeen || current?.signedSeen === true };
  const text = new TextDecoder().decode(statement);
  return { ...record, data: { ...record.data, [key]: JSON.stringify(next), [STATEMENT + key]: text } };
}

/** The statement that raised the floor last: known while the registry is away. */
export function rememberedStatement(record: FloorRecord, of: FloorOf): ChannelStatement | undefined {
  const floor = floorOf(record, of);
  if (floor === undefined) return undefined;
  const texts = keysOf(of).map((key) => record.data[STATEMENT + key]);
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text ?? '');
    const statement = digestOfBytes(bytes) === floor.statement ? parseStatement(bytes) : undefined;
    if (statement?.ok === true) return statement.value;
  }
  return undefined;
}

/** The file's trust, or that of a newer keys document which was confirmed before. */
export function trustFrom(record: FloorRecord, trust: Trust): Trust {
  const text = record.data[KEYS];
  if (text === undefined) return trust;
  try {
    const keys = ConfirmedKeys.parse(JSON.parse(text));
    if (keys.product !== trust.product || keys.version <= trust.version) return trust;
    const revoked = [...new Set([...trust.revoked, ...keys.revoked])].slice(0, 64);
    return { ...trust, version: keys.version, keys: keys.keys, revoked, thresholds: keys.thresholds };
  } catch (error) {
    throw new Problem('trust.invalid', `${FLOOR_CONFIGMAP}: ${KEYS}: ${problemOf(error).detail}`, {
      cause: error,
    });
  }
}

export function withKeys(
  record: FloorRecord,
  { product, version, keys, revoked, thresholds }: Trust,
): FloorRecord {
  const text = JSON.stringify({ product, version, keys, revoked, thresholds });
  return { ...record, data: { ...record.data, [KEYS]: text } };
}
