import { ChannelStatement } from 'host-service/contract/documents/channel.ts';
import type { RegistryServer } from '../../../host-service/oci-client-lite/test/registry-server.ts';
import type { Ran } from './vendor.ts';

export interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  readonly data: string;
}
export interface Manifest {
  readonly config: Layer;
  readonly layers: readonly Layer[];
}

/** A manifest as the registry keeps it. */
export function manifestOf(registry: RegistryServer, repository: string, tag: string): Manifest {
  const digest = registry.tags.get(`${repository}:${tag}`) ?? '';
  const stored = registry.manifests.get(`${repository}@${digest}`);
  if (stored === undefined) throw new Error(`no ${repository}:${tag}`);
  return JSON.parse(stored.bytes.toString()) as Manifest;
}

/** Content that a descriptor carries. */
export const data = (layer: Layer): Buffer => Buffer.from(layer.data, 'base64');

/** The statement of a channel tag. */
export function statementOf(registry: RegistryServer, tag: string): ChannelStatement {
  const layer = manifestOf(registry, 'release', tag).layers.find((one) => one.mediaType.includes('channel'));
  return ChannelStatement.parse(JSON.parse(data(layer!).toString()));
}

/** Exit code and problem code. */
export const refusal = (ran: Ran): readonly [number, unknown] => [ran.code, ran.json?.['code']];
