import { readSmall } from './small-text.ts';

const MAX_BYTES = 4 * 1024;
/** The one line that the boot script writes. */
const PINNED = /^node-name: ([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)\n?$/;

/**
 * Name of this host in the cluster: the one of its first start, which the boot script has pinned in the platform's settings, so that renaming the host
 * changes nothing. Before that, what the boot script will make of the host's name.
 */
export function nodeName(pinnedFile: string, hostName: string): string {
  const pinned = PINNED.exec(readSmall(pinnedFile, MAX_BYTES) ?? '')?.[1];
  if (pinned !== undefined) return pinned;
  const name = hostName
    .toLowerCase()
    .replace(/[^-a-z0-9.]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .replace(/[^a-z0-9]+$/, '');
  return name === '' ? 'appliance' : name;
}
