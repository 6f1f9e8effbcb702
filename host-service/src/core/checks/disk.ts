import {
  failed,
  passed,
  perHost,
  unknown,
  warned,
  type Check,
  type CheckFacts,
  type HostSight,
} from './facts.ts';
import { notTold } from './machine.ts';
import { bytesText, percentText, spanText } from './words.ts';

/** Bytes: less than `least` cannot hold the application, less than `good` fills up soon. */
const SIZE = { least: 40e9, good: 100e9 } as const;
/** What is pulled is kept as it came and unpacked beside it. */
const UNPACKED = 3;
/**
 * The platform begins to delete what is not in use when less than this share of the disk is free (kubelet's imageGCHighThresholdPercent 85): the
 * way back would go first.
 */
export const FREE_SHARE = 0.15;
const INODES_PERCENT = 10;
/** Milliseconds for one small write to be on the disk; the platform's store gives up its leadership beyond. */
const SYNC = { good: 10, most: 100 } as const;

function size({ facts: { diskTotalBytes: total } }: HostSight) {
  const required = `at least ${bytesText(SIZE.good)}`;
  if (total === undefined) return unknown(notTold('how large its disk is'), { required });
  const compared = { measured: bytesText(total), required };
  if (total < SIZE.least) return failed('The application does not fit on this disk.', compared);
  if (total < SIZE.good) return warned('The application fits, but there is little room for data.', compared);
  return passed('The disk is large enough.', compared);
}

/** foreseen before the first byte. */
function space(
  { facts: { diskTotalBytes: total, diskFreeBytes: free } }: HostSight,
  { pullBytes }: CheckFacts,
) {
  if (total === undefined || free === undefined) return unknown(notTold('how much room is free'));
  const reserve = Math.ceil(total * FREE_SHARE);
  const measured = `${bytesText(free)} free`;
  if (pullBytes === undefined) {
    return unknown('What has to be downloaded is known once a release is chosen.', {
      measured,
      required: `${bytesText(reserve)} left free`,
    });
  }
  const needed = pullBytes * UNPACKED + reserve;
  const required = `${bytesText(needed)} free`;
  const after = free - pullBytes * UNPACKED;
  if (after < 0)
    return failed(`${bytesText(pullBytes)} to download do not fit when unpacked.`, { measured, required });
  if (after < reserve) {
    const left = percentText((after / total) * 100);
    const detail = `Only ${left} of the disk would be left; below ${percentText(FREE_SHARE * 100)} the box deletes earlier releases.`;
    return failed(detail, { measured, required });
  }
  return passed(`${bytesText(after)} are left after the download.`, { measured, required });
}

function inodes({ facts: { diskInodesFreePercent: percent } }: HostSight) {
  const required = `at least ${INODES_PERCENT} %`;
  if (percent === undefined) return unknown(notTold('how many files still fit'), { required });
  const compared = { measured: `${percentText(percent)} free`, required };
  return percent < INODES_PERCENT
    ? failed('There is room for few more files, however small they are.', compared)
    : passed('There is room for many more files.', compared);
}

function writable({ facts: { diskWritable } }: HostSight) {
  if (diskWritable === undefined) return unknown(notTold('whether its disk takes writes'));
  return diskWritable
    ? passed('The disk takes writes.')
    : failed('The disk refuses writes: it is damaged or was made read-only.');
}

function latency({ facts: { diskSyncMs: ms } }: HostSight) {
  const required = `at most ${SYNC.good} ms`;
  if (ms === undefined) return unknown(notTold('how fast its disk is'), { required });
  const compared = { measured: spanText(ms), required };
  if (ms > SYNC.most)
    return failed('The disk is so slow that the platform loses its state for moments.', compared);
  if (ms > SYNC.good) return warned('The disk is slow; the box reacts late under load.', compared);
  return passed('The disk is fast enough.', compared);
}

function claims({ facts: { diskTotalBytes: total } }: HostSight, { claimedBytes, hosts }: CheckFacts) {
  if (claimedBytes === undefined) return unknown('The platform has not told what storage was asked for.');
  if (total === undefined) return unknown(notTold('how large its disk is'));
  if (claimedBytes === 0) return unknown('What the application asks for is known once it is installed.');
  const room = Math.floor(total * (1 - FREE_SHARE));
  const compared = {
    measured: `${bytesText(claimedBytes)} asked for`,
    required: `at most ${bytesText(room)}`,
  };
  if (claimedBytes <= room) return passed('All that was asked for fits on the disk.', compared);
  const where =
    hosts.length > 1 ? 'If it all lay on this box, it would not fit.' : 'It does not fit on the disk.';
  return warned(`${where} The disk can fill up before the parts notice.`, compared);
}

const base = { group: 'disk', severity: 'blocking' } as const;

/** What the disk for images and data has to be. */
export const DISK_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'disk.size', title: 'Size of the disk', mayAccept: true, look: perHost(size) },
    why: 'Application, data and the way back to the release before all lie on this disk.',
  },
  {
    ...{ ...base, id: 'disk.space', title: 'Free space', mayAccept: false, look: perHost(space) },
    why: 'A disk that fills up while a release is installed leaves it half done.',
  },
  {
    ...{ ...base, id: 'disk.files', title: 'Room for files', mayAccept: true, look: perHost(inodes) },
    why: 'A disk can be full of small files long before its space is used up.',
  },
  {
    ...{ ...base, id: 'disk.writable', title: 'Writes', mayAccept: false, look: perHost(writable) },
    why: 'A disk that has become read-only is the first sign that it fails.',
  },
  {
    ...{ ...base, id: 'disk.latency', title: 'Speed of the disk', mayAccept: true, look: perHost(latency) },
    why: 'The platform writes its state many times a second and waits until it is safe.',
  },
  {
    ...{ ...base, id: 'disk.claims', title: 'Storage asked for', mayAccept: true, severity: 'advice' },
    look: perHost(claims),
    why: 'Parts that were promised more than there is stop when the disk is full.',
  },
];
