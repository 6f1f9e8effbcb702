import semver from 'semver';
import { failed, passed, perHost, unknown, warned, type Check, type HostSight } from './facts.ts';
import { countText, memoryText } from './words.ts';

/** What the application needs of a machine: less than `least` does not work, less than `good` works slowly. */
const CPUS = { least: 2, good: 4 } as const;
/** In MiB; a machine sold as 8 GB reports a little less. */
const MEMORY = { least: 7_000, good: 15_000 } as const;
const KERNEL = '5.10.0';
const FILE_WATCHES = 8_192;
const CONTROLLERS = ['cpu', 'memory', 'pids'] as const;
/** DNS-1123 label, because the host's name becomes that of a node. */
const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

export const notTold = (what: string): string => `This box has not told ${what} yet.`;

function cpu({ facts: { cpus } }: HostSight) {
  const required = `at least ${countText(CPUS.good, 'processor')}`;
  if (cpus === undefined) return unknown(notTold('how many processors it has'), { required });
  const compared = { measured: countText(cpus, 'processor'), required };
  if (cpus < CPUS.least) return failed('The application does not start on so few processors.', compared);
  if (cpus < CPUS.good) return warned('The application works, but slowly.', compared);
  return passed('There are enough processors.', compared);
}

function memory({ facts: { memoryMiB } }: HostSight) {
  const required = 'at least 16 GB';
  if (memoryMiB === undefined) return unknown(notTold('how much memory it has'), { required });
  const compared = { measured: memoryText(memoryMiB), required };
  if (memoryMiB < MEMORY.least)
    return failed('The application does not start with so little memory.', compared);
  if (memoryMiB < MEMORY.good) return warned('The application works, but slowly under load.', compared);
  return passed('There is enough memory.', compared);
}

function kernel({ facts: { kernel: release } }: HostSight) {
  const required = `${KERNEL} or newer`;
  const version = release === undefined ? null : semver.coerce(release);
  if (version === null) return unknown(notTold('which system core it runs'), { required });
  const compared = { measured: release, required };
  return semver.lt(version, KERNEL)
    ? failed('The system of this box is too old for the platform.', compared)
    : passed('The system is new enough.', compared);
}

function cgroup({ facts: { cgroupVersion, cgroupControllers } }: HostSight) {
  const required = 'version 2 with limits for processor, memory and processes';
  if (cgroupVersion === undefined) return unknown(notTold('how it limits programs'), { required });
  const measured = `version ${cgroupVersion}`;
  if (cgroupVersion === 1)
    return failed('The system limits programs in the old way.', { measured, required });
  if (cgroupControllers === undefined)
    return unknown(notTold('which limits it can set'), { measured, required });
  const present = new Set(cgroupControllers.split(' '));
  const missing = CONTROLLERS.filter((name) => !present.has(name));
  if (missing.length === 0) return passed('Programs can be limited.', { measured, required });
  return failed(`The system cannot limit: ${missing.join(', ')}.`, { measured, required });
}

function hostName({ facts: { hostName: name } }: HostSight) {
  const required = 'a name of small letters, digits and hyphens';
  if (name === undefined) return unknown(notTold('its name'), { required });
  const compared = { measured: name, required };
  if (/^localhost(\.|$)/.test(name)) return failed('The box has no name of its own.', compared);
  if (name.length > 253 || !HOST_NAME.test(name))
    return failed('The name has signs that a name in a network must not have.', compared);
  return passed('The box has a usable name.', compared);
}

function architecture({ architecture: own }: HostSight, needs: readonly string[] | undefined) {
  const names = { amd64: 'Intel/AMD, 64 bit', arm64: 'ARM, 64 bit' } as const;
  const nameOf = (one: string): string => (one === 'amd64' || one === 'arm64' ? names[one] : one);
  const required = needs === undefined ? undefined : needs.map(nameOf).join(' or ');
  if (own === undefined) return unknown(notTold('which kind of processor it has'), { required });
  const compared = { measured: names[own], required };
  if (needs === undefined || needs.includes(own))
    return passed('The processor is of a fitting kind.', compared);
  return failed('The release was not made for this kind of processor.', compared);
}

function fileWatches({ facts: { fileWatches: count } }: HostSight) {
  const required = `at least ${FILE_WATCHES}`;
  if (count === undefined) return unknown(notTold('how many files can be watched'), { required });
  const compared = { measured: String(count), required };
  return count < FILE_WATCHES
    ? warned('Parts of the application may miss changes of their files.', compared)
    : passed('Enough files can be watched.', compared);
}

function overlay({ facts: { overlay: can } }: HostSight) {
  if (can === undefined) return unknown(notTold('whether it can lay file systems over each other'));
  return can
    ? passed('The system can unpack the parts of the application.')
    : failed('The system cannot lay file systems over each other, so no part could start.');
}

function previous({ facts: { previous: found } }: HostSight) {
  const required = 'none';
  if (found === undefined) return unknown(notTold('whether something was installed before'), { required });
  if (found === 'none') return passed('Nothing was installed here before.', { measured: 'none', required });
  const detail = 'An earlier installation has left data here; it is not deleted, and it may be taken over.';
  return warned(detail, { measured: found, required });
}

const base = { group: 'machine', severity: 'blocking' } as const;

/** What the machine itself has to be. */
export const MACHINE_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'machine.cpu', title: 'Processors', mayAccept: true, look: perHost(cpu) },
    why: 'With too few processors parts of the application wait for each other and give up.',
  },
  {
    ...{ ...base, id: 'machine.memory', title: 'Memory', mayAccept: true, look: perHost(memory) },
    why: 'Without enough memory the system ends parts of the application at random.',
  },
  {
    ...{ ...base, id: 'machine.architecture', title: 'Kind of processor', mayAccept: false },
    look: perHost((host, { target }) => architecture(host, target?.release.requires.architectures)),
    why: 'Programs run only on the kind of processor that they were made for.',
  },
  {
    ...{ ...base, id: 'machine.kernel', title: 'System', mayAccept: true, look: perHost(kernel) },
    why: 'The platform uses abilities that older systems do not have.',
  },
  {
    ...{ ...base, id: 'machine.cgroup', title: 'Limits for programs', mayAccept: false },
    look: perHost(cgroup),
    why: 'Without limits one part of the application could take everything from the others.',
  },
  {
    ...{ ...base, id: 'machine.overlay', title: 'Layered files', mayAccept: false, look: perHost(overlay) },
    why: 'The parts of the application come in layers that the system has to put over each other.',
  },
  {
    ...{ ...base, id: 'machine.hostname', title: 'Name of the box', mayAccept: false },
    look: perHost(hostName),
    why: 'The platform knows the box by its name; with an unusable one it does not start.',
  },
  {
    ...{ ...base, id: 'machine.file-watches', title: 'Watched files', mayAccept: true, severity: 'advice' },
    look: perHost(fileWatches),
    why: 'The platform and the application watch many files; when they cannot, they stand still.',
  },
  {
    ...{ ...base, id: 'machine.previous', title: 'Earlier installation', mayAccept: true },
    ...{ severity: 'advice', look: perHost(previous) },
    why: 'What an earlier installation has left may hold data that somebody still needs.',
  },
];
