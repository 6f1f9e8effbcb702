import type { HostFacts } from '../../../contract/host/facts.ts';
import { diskFacts } from './disk.ts';
import { networkFacts, wildcardFacts } from './network.ts';
import { portFacts } from './ports.ts';
import { platformFacts, reader, systemFacts } from './system.ts';

export interface MeasureOptions {
  /** Folder that stands for the machine's root; for tests. */
  readonly root?: string;
  /** Folders on the disk for images and data, the best first. */
  readonly disks: readonly string[];
  /** A folder of this program on that disk. */
  readonly folder: string;
}

/** Measures this machine: some small files, five small writes, two questions to the name servers. Never rejects, takes a few seconds at most. */
export async function measureHost({ root = '/', disks, folder }: MeasureOptions): Promise<HostFacts> {
  const read = reader(root);
  const [disk, wildcard, ports] = await Promise.all([
    diskFacts(root, disks, folder),
    wildcardFacts(read),
    portFacts(root, read),
  ]);
  return {
    ...systemFacts(root),
    ...platformFacts(root),
    ...networkFacts(read),
    ...disk,
    ...wildcard,
    ...ports,
  };
}
