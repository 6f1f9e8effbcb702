import { z } from 'zod';
import { CONTROL_PLANE_NAMESPACE, Label, ObjectName } from '../contract/names.ts';

const Path = z.string().min(1).max(4096).regex(/^\//, 'is not an absolute path');

/** A program, and its first argument where it is several in one. */
const Command = z
  .tuple([Path], z.string().min(1).max(64))
  .refine((words) => words.length <= 2, 'is too long');

/**
 * The host program's one configuration file, YAML (B-72: every path it uses is here). Strict: an unknown key is a mistake, not a wish. All has a
 * default, so that a host whose file is missing is guarded all the same.
 */
export const AgentConfig = z.strictObject({
  schema: z.literal('appliance.agent/v1'),
  /** Name of this host in the cluster; default: the one that the boot script has pinned. */
  node: ObjectName.optional(),
  /** Where the boot script pins the name of the first start. */
  nodeName: Path.default('/etc/rancher/k3s/config.yaml.d/20-appliance-node.yaml'),
  /** This program's own identity: written by `appliance-agent identity`, read again when it changes. */
  kubeconfig: Path.default('/var/lib/appliance/agent/kubeconfig'),
  /** With what the identity is made and renewed. Read only for that. */
  adminKubeconfig: Path.default('/etc/rancher/k3s/k3s.yaml'),
  /** Folder of what this program remembers over restarts. */
  state: Path.default('/var/lib/appliance/agent'),
  /** Objects of the control plane that came with this host, one a file, the Deployment being the last one. */
  baked: Path.default('/usr/lib/appliance/boot/control-plane'),
  /** Folder that is shared with the boot script: the clock's floor, the claim code. */
  kept: Path.default('/var/lib/appliance'),
  /** When what came with this host was built. */
  buildTime: Path.default('/usr/lib/appliance/boot/build-time'),
  /** What the boot script told about itself last. */
  bootReport: Path.default('/var/lib/appliance/boot.json'),
  /** The container runtime: its socket, and where its programs lie when they are not the platform's own. */
  runtime: z
    .strictObject({
      socket: Path.default('/run/k3s/containerd/containerd.sock'),
      crictl: Command.optional(),
      ctr: Command.optional(),
    })
    .prefault({}),
  /** Whose room is watched. */
  disks: z.array(Path).min(1).max(8).default(['/', '/var/lib/rancher']),
  /** Namespace of the control plane. */
  namespace: Label.default(CONTROL_PLANE_NAMESPACE),
  /** Milliseconds between reports when nothing has changed; after a minute of silence nobody waits for this host. */
  reportMs: z.int().min(1_000).max(600_000).default(30_000),
  /** Milliseconds between copies of the floor. */
  floorMs: z.int().min(1_000).max(3_600_000).default(60_000),
  /** Milliseconds between times that are kept as the floor of the clock. */
  clockMs: z.int().min(1_000).max(3_600_000).default(600_000),
  /** Milliseconds between looks whether the identity is due. */
  identityMs: z.int().min(1_000).max(86_400_000).default(600_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

export const DEFAULT_CONFIG: AgentConfig = AgentConfig.parse({ schema: 'appliance.agent/v1' });
