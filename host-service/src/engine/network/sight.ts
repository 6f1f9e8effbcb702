import type { NetworkSettings } from '../../contract/network/settings.ts';
import type { Release } from '../../contract/release.ts';
import { networkSpecOf, type NetworkSpec } from '../../core/network/change.ts';
import { neededHosts, type Need } from '../../core/network/needed.ts';
import { wayOutOf, type Credential, type WayOut } from '../../core/network/way-out.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { Setting } from '../handle/setting.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import { readReleases } from '../observe/own.ts';
import { observeSource } from '../observe/source.ts';
import { readAppliance } from '../verbs.ts';
import { readProxyCredential, readRegistryCredentials } from './secrets.ts';

/** The way out of this box as it is stored, with the passwords: for this process only. */
export interface NetworkSight {
  /** Of the intent. */
  readonly revision: number;
  readonly spec: NetworkSpec;
  readonly settings: NetworkSettings;
  readonly way: WayOut;
  readonly needs: readonly Need[];
  /** The one that is wanted, else what runs; undefined before one is known. */
  readonly release: Release | undefined;
  /** Tag of the channel that is followed. */
  readonly channelTag: string;
  readonly hosts: readonly ObservedHost[];
  readonly proxyCredential: Credential | undefined;
  readonly credentials: ReadonlyMap<string, Credential>;
}

/** Reads it, on any replica. Problems cluster.*. */
export async function readNetwork(setting: Setting, signal: AbortSignal): Promise<NetworkSight> {
  const { cluster, engine, parsed } = setting;
  const { namespace, product } = engine;
  const [appliance, { value: releases }, source, hosts, proxy, registries] = await Promise.all([
    readAppliance(cluster, signal),
    readReleases(cluster, parsed, signal),
    observeSource(cluster, product, signal),
    observeHosts(cluster, signal),
    readProxyCredential(cluster, namespace, signal),
    readRegistryCredentials(cluster, namespace, signal),
  ]);
  const { status } = appliance;
  const wanted = status?.target?.digest ?? status?.available?.digest ?? source?.release;
  const release = wanted === undefined ? undefined : releases.get(wanted)?.release;
  const { channels, defaultChannel } = product.release;
  const followed = appliance.spec.intent.channel ?? defaultChannel;
  const spec = networkSpecOf(appliance.spec);
  return {
    revision: appliance.metadata.generation ?? 0,
    ...{ spec, settings: spec.network, hosts },
    way: wayOutOf(engine, appliance.spec),
    ...{ release, channelTag: channels[followed]?.tag ?? followed },
    needs: neededHosts(product, engine.releaseRepository, release),
    proxyCredential: proxy.credential,
    credentials: registries.byHost,
  };
}
