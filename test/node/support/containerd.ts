import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { Command } from '../../cluster/process.ts';
import type { World } from '../../cluster/world.ts';
import { POD_CIDR } from './place.ts';

const run = promisify(execFile);
/** Below /run, which is the room's own: the runtime's helpers put their sockets there whatever they are told. */
const SOCKET = '/run/containerd/containerd.sock';
export const ENDPOINT = `unix://${SOCKET}`;

const NETWORK = {
  cniVersion: '1.0.0',
  name: 'appliance',
  plugins: [
    {
      type: 'bridge',
      bridge: 'appl-pods',
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: POD_CIDR }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

function configText(folder: string, plugins: string, sandbox: string): string {
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(join(folder, 'root'))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = ${text(SOCKET)}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandbox)}
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(plugins)}
    conf_dir = ${text(join(folder, 'cni'))}
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${text(join(folder, 'certs.d'))}
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

/** Where the runtime fetches images of the world's registry from, over plain HTTP; read anew at each pull. */
export async function pullFrom(world: World, host: string): Promise<void> {
  const folder = join(world.folder, 'containerd', 'certs.d', world.registry);
  await mkdir(folder, { recursive: true });
  const text = `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;
  await writeFile(join(folder, 'hosts.toml'), text);
}

/** The container runtime of this world: own folders, own socket, own network; the world's registry over plain HTTP. */
export async function containerd(world: World, sandbox: string): Promise<Command> {
  const folder = join(world.folder, 'containerd');
  await mkdir(join(folder, 'cni'), { recursive: true });
  await pullFrom(world, world.registry);
  await writeFile(join(folder, 'cni', '10-appliance.conflist'), JSON.stringify(NETWORK));
  const config = join(folder, 'config.toml');
  await writeFile(config, configText(folder, dirname(world.bin('bridge')), sandbox));
  const path = world.bin('containerd');
  return {
    name: 'containerd',
    path,
    args: ['--config', config],
    cwd: world.folder,
    logFile: join(world.folder, 'containerd.log'),
    ready: async () => {
      await run(join(dirname(path), 'ctr'), ['--address', SOCKET, 'version']);
      return true;
    },
  };
}
