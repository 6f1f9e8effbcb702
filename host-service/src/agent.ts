import { join } from 'node:path';
import { runAgent } from './agent/agent.ts';
import { AgentConfig, DEFAULT_CONFIG } from './agent/config.ts';
import { renewIdentity } from './agent/identity/obtain.ts';
import { lateCluster } from './agent/late-cluster.ts';
import type { AgentParts } from './agent/parts.ts';
import type { IdentityFiles, Notifier } from './agent/ports.ts';
import { ObjectName } from './contract/names.ts';
import { Problem } from './contract/problem.ts';
import { createHostImages } from './edges/containerd/images.ts';
import { createClock } from './edges/clock/clock.ts';
import { createSecretFile } from './edges/files/secret-file.ts';
import { readSmallText } from './edges/files/small-file.ts';
import { parseStrictYaml } from './edges/files/strict-yaml.ts';
import { measureEndpoint } from './edges/endpoints/measure.ts';
import { bakedReader } from './edges/host/baked.ts';
import { clockSight } from './edges/host/clock-sight.ts';
import { measureHost } from './edges/host/facts/measure.ts';
import { createIdentityFiles } from './edges/host/identity/files.ts';
import { createMachine } from './edges/host/machine.ts';
import { nodeName } from './edges/host/node-name.ts';
import { createStateFolder } from './edges/host/state-folder.ts';
import { createCluster } from './edges/kubernetes/cluster.ts';
import { loadKubeconfig } from './edges/kubernetes/connect/kubeconfig.ts';
import { createSigning } from './edges/kubernetes/signing.ts';
import { createLog } from './edges/log/log.ts';
import { createServiceNotifier } from './edges/systemd/notifier.ts';
import type { Log } from './engine/ports.ts';
import { ownBuild } from './own-build.ts';

/** Bytes; a few lines. */
const CONFIG_BYTES = 64 * 1024;

/**
 * The host program's configuration; where there is no such file, that of a plain box: unguarded would be worse than unasked.
 *
 * @throws Problem config.invalid naming the mistakes; config.unreadable when it is there and cannot be read
 */
export function readAgentConfig(path: string): AgentConfig {
  let text: string;
  try {
    text = readSmallText(path, CONFIG_BYTES);
  } catch (error) {
    if (error instanceof Problem && error.detail.endsWith('is not there')) return DEFAULT_CONFIG;
    throw error;
  }
  return parseStrictYaml(path, text, AgentConfig);
}

const userAgentOf = (version: string): string => `appliance-agent/${version}`;

function openIdentity(config: AgentConfig): IdentityFiles {
  const door = () => {
    const { server, ca } = loadKubeconfig(config.adminKubeconfig);
    return { server, ca };
  };
  return createIdentityFiles({ path: config.kubeconfig, door });
}

function machineOf(config: AgentConfig): ReturnType<typeof createMachine> {
  const { disks, bootReport } = config;
  return createMachine({ disks, bootReport, processor: process.arch });
}

/** @throws Problem config.invalid when this host has no usable name */
function nodeOf(config: AgentConfig): string {
  const name = config.node ?? nodeName(config.nodeName, machineOf(config).hostName());
  const parsed = ObjectName.safeParse(name);
  if (!parsed.success) throw new Problem('config.invalid', `node: ${name} is no name of a host; set it`);
  return parsed.data;
}

function claimFilesOf({ kept }: AgentConfig): AgentParts['claim'] {
  const path = join(kept, 'claim-code');
  return {
    file: createSecretFile(path),
    next: createSecretFile(`${path}.next`),
    card: createSecretFile(`${path}.card`),
  };
}

/**
 * Makes this host's identity when it is due, with the rights of the platform's admin; those are read for that and forgotten.
 *
 * @throws Problem agent.identity, cluster.*, config.*
 */
export async function obtainIdentity(
  config: AgentConfig,
  options: { readonly isRefused: boolean; readonly log?: Log },
  signal: AbortSignal,
): Promise<'kept' | 'renewed'> {
  const node = nodeOf(config);
  const { isRefused, log = createLog(config.logLevel) } = options;
  const files = openIdentity(config);
  const signing = createSigningLate(config);
  try {
    return await renewIdentity({ files, signing, clock: createClock(), log, node, isRefused }, signal);
  } finally {
    await signing.close();
  }
}

/** Opened at the first call: as long as nothing is due, the admin's file is not needed. */
function createSigningLate(config: AgentConfig): ReturnType<typeof createSigning> {
  const state: { signing: ReturnType<typeof createSigning> | undefined } = { signing: undefined };
  const use = (): ReturnType<typeof createSigning> =>
    (state.signing ??= createSigning({
      auth: loadKubeconfig(config.adminKubeconfig),
      userAgent: userAgentOf(ownBuild().version),
    }));
  return {
    create: async (object, signal) => use().create(object, signal),
    approve: async (object, signal) => use().approve(object, signal),
    get: async (name, signal) => use().get(name, signal),
    remove: async (name, signal) => use().remove(name, signal),
    close: async () => state.signing?.close(),
  };
}

/** Makes the host program from its configuration; nothing is asked of anybody yet. @throws Problem config.* */
export function composeAgent(config: AgentConfig, notifier?: Notifier): AgentParts {
  const { version } = ownBuild();
  const [clock, log] = [createClock(), createLog(config.logLevel)];
  const userAgent = userAgentOf(version);
  const machine = machineOf(config);
  const cluster = lateCluster(() =>
    createCluster({
      auth: loadKubeconfig(config.kubeconfig),
      userAgent,
      clock,
      log,
      limits: { callMs: 15_000 },
    }),
  );
  return {
    ...{ config, version, clock, log, cluster },
    node: nodeOf(config),
    named: () => nodeOf(config),
    machine: { ...machine, baked: bakedReader(config.baked, log) },
    images: createHostImages({ ...config.runtime, processor: process.arch }),
    state: createStateFolder(config.state),
    kept: createStateFolder(config.kept),
    measuring: {
      host: () => measureHost({ disks: config.disks.toReversed(), folder: config.state }),
      endpoint: (wish, signal) => measureEndpoint(wish, clock, signal),
    },
    time: clockSight({ buildTime: config.buildTime }),
    claim: claimFilesOf(config),
    notifier: notifier ?? createServiceNotifier(process.env, log),
    identity: openIdentity(config),
    renew: (isRefused, signal) => obtainIdentity(config, { isRefused, log }, signal),
  };
}

/** Runs the host program until the signal fires. @throws Problem config.* when it cannot even start */
export async function startAgent(
  config: AgentConfig,
  signal: AbortSignal,
  notifier?: Notifier,
): Promise<void> {
  await runAgent(composeAgent(config, notifier), signal);
}
