import { inRange, plainVersion } from '../decide/versions.ts';
import { twoDrivers } from '../storage/setting.ts';
import {
  failed,
  passed,
  perBox,
  perHost,
  unknown,
  warned,
  type Check,
  type CheckFacts,
  type HostSight,
} from './facts.ts';
import { notTold } from './machine.ts';
import { countText, spanText, timeText } from './words.ts';

/** Milliseconds: R-39. */
const CERTIFICATE = { warn: 30 * 86_400_000, bad: 86_400_000 } as const;
/** Milliseconds after which a host that tells nothing counts as silent. */
const SILENT_MS = 10 * 60_000;

/** The platform's program on the disk, or else what the platform says of itself. */
function version({ facts: { k3s } }: HostSight, { platform, target }: CheckFacts) {
  const range = target?.release.requires.kubernetes;
  const required = range === undefined ? undefined : `version ${range}`;
  const found = platform ?? k3s;
  const plain = found === undefined ? undefined : plainVersion(found);
  if (found === undefined || plain === undefined)
    return unknown(notTold('the version of its platform'), { required });
  const compared = { measured: found, required };
  if (target === undefined)
    return unknown('Which version is needed is known once a release is chosen.', compared);
  if (range === undefined || inRange(plain, range))
    return passed('The platform has a fitting version.', compared);
  return failed('The release was not made for this version of the platform.', {
    ...{ ...compared, fix: { kind: 'release' } },
  });
}

function datastore({ facts: { datastore: kind } }: HostSight) {
  const required = 'a store that can be copied while it runs';
  if (kind === undefined || kind === 'none')
    return unknown(notTold('where the platform keeps its state'), { required });
  return kind === 'etcd'
    ? passed('The state of the platform lies in a store that survives power cuts.', {
        ...{ measured: 'embedded store', required },
      })
    : warned('The state of the platform lies in a single file; other boxes cannot join later.', {
        ...{ measured: 'single file', required },
      });
}

function certificates({ facts: { certificateUntil, certificateName } }: HostSight, { now }: CheckFacts) {
  const required = 'valid for 30 days or more';
  if (certificateUntil === undefined) return unknown(notTold('how long its certificates hold'), { required });
  const left = Date.parse(certificateUntil) - now.getTime();
  const name = certificateName ?? 'a certificate';
  const compared = { measured: `until ${timeText(certificateUntil)}`, required };
  if (left <= 0) return failed(`${name} has expired; restart the box to get a new one.`, compared);
  if (left < CERTIFICATE.bad) return failed(`${name} expires within a day; restart the box.`, compared);
  if (left < CERTIFICATE.warn)
    return warned(`${name} expires in ${spanText(left)}; a restart of the box makes a new one.`, compared);
  return passed('All certificates of the platform hold.', compared);
}

function storageUnique({ storage, storageDrivers = [] }: CheckFacts) {
  const both = twoDrivers(storageDrivers);
  if (both !== undefined) {
    const measured = countText(storageDrivers.length, 'program', 'programs');
    return failed('Two programs want to provide the same storage.', {
      ...{ measured, required: 'exactly one' },
      problem: { code: 'storage.two-drivers', detail: both },
    });
  }
  const required = 'exactly one that is used when none is named';
  if (storage === undefined)
    return unknown('The platform has not told which storage it offers.', { required });
  if (storage.length === 0) return unknown('There is no storage yet; it is made during the installation.');
  const own = storage.filter(({ isDefault }) => isDefault);
  const compared = { measured: countText(own.length, 'default storage', 'default storages'), required };
  if (own.length === 1 || storage.length === 1)
    return passed('There is one storage that everybody uses.', compared);
  if (own.length === 0) return warned('There are several storages, and none is the one to take.', compared);
  return failed(`More than one storage wants to serve: ${own.map(({ name }) => name).join(', ')}.`, compared);
}

function storageKeeps({ storage, storageOfProduct }: CheckFacts) {
  const required = 'data is kept until somebody deletes it';
  if (storage === undefined)
    return unknown('The platform has not told which storage it offers.', { required });
  const used = storage.filter(({ name, isDefault }) =>
    storageOfProduct === undefined ? isDefault : name === storageOfProduct,
  );
  if (storage.length === 0 || (storageOfProduct !== undefined && used.length === 0))
    return unknown('There is no storage yet; it is made during the installation.');
  const losing = used.filter(({ keeps }) => !keeps);
  if (losing.length === 0) return passed('Storage keeps data when a part is removed.', { required });
  const names = losing.map(({ name }) => name).join(', ');
  return warned('Data would be deleted together with the part that uses it.', { measured: names, required });
}

function storageProof({ storageProof: proof }: CheckFacts) {
  const required = 'a trial write as the application does it';
  if (proof === undefined) return unknown('The trial write happens during the installation.', { required });
  return proof.ok ? passed(proof.detail, { required }) : failed(proof.detail, { required });
}

function hostProgram({ measuredAt, rejected, version: own }: HostSight, { now, target }: CheckFacts) {
  const range = target?.release.requires.host;
  const required = range === undefined ? 'it reports, and understands what it is asked' : `version ${range}`;
  if (measuredAt === undefined)
    return unknown('The program on the box has not measured anything yet.', { required });
  const age = now.getTime() - Date.parse(measuredAt);
  const compared = { measured: own === undefined ? `${spanText(age)} ago` : `version ${own}`, required };
  if (age > SILENT_MS) return warned(`The program on the box was heard last ${spanText(age)} ago.`, compared);
  if (range !== undefined && own !== undefined && !inRange(own, range))
    return failed('The program on the box does not fit the release.', compared);
  if (rejected > 0)
    return warned(
      `The program on the box does not understand ${countText(rejected, 'wish', 'wishes')}.`,
      compared,
    );
  return passed('The program on the box reports.', compared);
}

const base = { group: 'platform', severity: 'blocking' } as const;

/** What the platform under the application has to be. */
export const PLATFORM_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'platform.version', title: 'Version of the platform', mayAccept: false },
    look: perHost(version),
    why: 'A release is tested with certain versions of the platform and may fail on others.',
  },
  {
    ...{ ...base, id: 'platform.datastore', title: 'State of the platform', mayAccept: true },
    ...{ severity: 'advice', look: perHost(datastore) },
    why: 'A power cut must not damage what the platform knows.',
  },
  {
    ...{ ...base, id: 'platform.certificates', title: 'Inner certificates', mayAccept: false },
    look: perHost(certificates),
    why: 'When they end, the parts of the platform stop talking to each other.',
  },
  {
    ...{ ...base, id: 'platform.storage-unique', title: 'One storage', mayAccept: false },
    look: perBox(storageUnique),
    why: 'Two storages that both want to serve leave data unassigned.',
  },
  {
    ...{ ...base, id: 'platform.storage-kept', title: 'Data is kept', mayAccept: true, severity: 'advice' },
    look: perBox(storageKeeps),
    why: 'Removing a part of the application must never delete its data.',
  },
  {
    // The installation itself tries again and stops there: were it held up by the last try, none could ever pass.
    ...{ ...base, id: 'platform.storage-proof', title: 'Trial write', mayAccept: false },
    ...{ severity: 'advice', look: perBox(storageProof) },
    why: 'Storage that is offered but cannot be written stops the database at its first start.',
  },
  {
    ...{ ...base, id: 'platform.host-program', title: 'Program on the box', mayAccept: true },
    look: perHost(hostProgram),
    why: 'It measures the box and carries out what the installation needs from it.',
  },
];
