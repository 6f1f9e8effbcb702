import { z } from 'zod';
import { Line, Timestamp } from '../names.ts';

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Text = Line.min(1);
/** A fact that makes no sense is no fact: the check that needs it says that it could not run, and no other one suffers. */
const fact = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

/**
 * What a host measures about itself, by the names under which it lies in `Host.status.facts` (flat, because agents and control planes of different
 * age read each other's). Absent = not measured, which is not the same as good.
 */
export const HostFacts = z.object({
  hostName: fact(Text),
  cpus: fact(Count),
  memoryMiB: fact(Count),
  /** Release of the kernel, e.g. 6.12.48+deb13-amd64. */
  kernel: fact(Text),
  cgroupVersion: fact(z.union([z.literal(1), z.literal(2)])),
  /** Names of the controllers, with a space between. */
  cgroupControllers: fact(Text),
  /** How many files one user may watch (inotify). */
  fileWatches: fact(Count),
  /** Whether layers of images can be put over each other. */
  overlay: fact(z.boolean()),
  /** What an earlier installation has left; `none`. */
  previous: fact(Text),

  /** The disk that carries images and data, in bytes. */
  diskTotalBytes: fact(Count),
  diskFreeBytes: fact(Count),
  diskInodesFreePercent: fact(z.number().min(0).max(100)),
  diskWritable: fact(z.boolean()),
  /** Milliseconds that the slowest but one of several small writes took until they were on the disk. */
  diskSyncMs: fact(z.number().min(0)),

  /** The clock of this host when it measured. */
  clockAt: fact(Timestamp),
  /** The newest time that has surely been: of the build, or saved by an earlier run. */
  clockFloor: fact(Timestamp),
  clockSynchronised: fact(z.boolean()),

  /** The device of the way out. */
  networkDevice: fact(Text),
  linkUp: fact(z.boolean()),
  /** Of that device; `none`. */
  address: fact(Text),
  /** Of the way out; `none`. */
  gateway: fact(Text),
  gatewayAnswers: fact(z.boolean()),
  /** Addresses of the name servers, with a space between; `none`. */
  resolvers: fact(Text),
  /** A name that cannot exist and was answered all the same; `none`. */
  wildcardName: fact(Text),
  /** A route that lies over the addresses of the platform's inside; `none`. */
  overlappingRoute: fact(Text),
  /** Ports that the platform needs, each as `443=program`, that others hold, with a space between; `none`. */
  portsTaken: fact(Text),

  /** Version of the platform's program. */
  k3s: fact(Text),
  /** Where the platform keeps its state. */
  datastore: fact(z.enum(['etcd', 'sqlite', 'none'])),
  /** When the first of the platform's certificates ends, and which one. */
  certificateUntil: fact(Timestamp),
  certificateName: fact(Text),
});
export type HostFacts = z.infer<typeof HostFacts>;
export type HostFactName = keyof HostFacts;

/** The typed facts in a host's flat ones. Never throws: what cannot be read is not there. */
export function hostFactsOf(flat: unknown): HostFacts {
  return HostFacts.safeParse(flat).data ?? {};
}
