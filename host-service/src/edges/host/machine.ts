import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { readBootProblems } from './boot-report.ts';
import { programVersions } from './program-versions.ts';
import { readSmall } from './small-text.ts';
import type { ProblemBody } from '../../contract/problem.ts';

export interface MachineOptions {
  /** Folder that stands for the machine's root; for tests. */
  readonly root?: string;
  /** Folders whose file system is watched. */
  readonly disks: readonly string[];
  readonly bootReport: string;
  /** Processor as Node names it, e.g. x64. */
  readonly processor: string;
}

type Value = string | number | boolean;
type Facts = Readonly<Record<string, Value | undefined>>;

const MIB = 1024 * 1024;
const TEXT_BYTES = 64 * 1024;
const ARCHITECTURES: Readonly<Record<string, 'amd64' | 'arm64'>> = { x64: 'amd64', arm64: 'arm64' };

/** The facts of this machine, read anew each time. */
export function createMachine(options: MachineOptions): {
  uptimeMs(): number;
  hostName(): string;
  facts(signal: AbortSignal): Promise<{
    readonly architecture: 'amd64' | 'arm64' | undefined;
    readonly values: Readonly<Record<string, Value>>;
  }>;
  bootProblems(): readonly ProblemBody[];
} {
  const { root = '/', disks, bootReport, processor } = options;
  const read = (path: string): string => readSmall(join(root, path), TEXT_BYTES)?.trim() ?? '';
  const versions = programVersions(root);
  const uptimeSeconds = (): number => Number(read('proc/uptime').split(' ')[0] ?? 0) || 0;
  const bootId = (): string => read('proc/sys/kernel/random/boot_id');
  return {
    uptimeMs: () => uptimeSeconds() * 1000,
    hostName: () => read('proc/sys/kernel/hostname').toLowerCase(),
    async facts(signal) {
      const rooms = await Promise.all(disks.map((path) => diskOf(root, path)));
      const found: Facts = {
        ...rooms.reduce((all, room) => ({ ...all, ...room }), {}),
        ...{
          uptimeSeconds: Math.round(uptimeSeconds()),
          bootId: bootId(),
          kernel: read('proc/sys/kernel/osrelease'),
        },
        ...osOf(read('etc/os-release')),
        ...memoryOf(read('proc/meminfo')),
        ...loadOf(read('proc/loadavg')),
        ...(await versions(signal)),
      };
      const told = Object.entries(found).filter((pair): pair is [string, Value] => isTold(pair[1]));
      return {
        architecture: ARCHITECTURES[processor],
        values: Object.fromEntries(told.map(([name, value]) => [name, shortened(value)])),
      };
    },
    bootProblems: () => readBootProblems(bootReport, bootId()),
  };
}

const isTold = (value: Value | undefined): value is Value =>
  value !== undefined && value !== '' && !(typeof value === 'number' && !Number.isFinite(value));
const shortened = (value: Value): Value => (typeof value === 'string' ? value.slice(0, 512) : value);

/** os-release(5): NAME=value, value perhaps in quotes. */
function osOf(text: string): Facts {
  const of = (name: string): string | undefined =>
    new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1]?.trim();
  return { os: of('ID'), osVersion: of('VERSION_ID'), osName: of('PRETTY_NAME') };
}

function memoryOf(text: string): Facts {
  const mib = (name: string): number | undefined => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  };
  return { memoryMiB: mib('MemTotal'), memoryAvailableMiB: mib('MemAvailable') };
}

function loadOf(text: string): Facts {
  const load = text.split(' ')[0];
  return { load1: load === undefined || load === '' ? undefined : Number(load) };
}

/** Name of a folder as part of a fact's name: `/var/lib/rancher` is VarLibRancher. */
function labelOf(path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.length === 0
    ? 'Root'
    : words.map((word) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`).join('');
}

async function diskOf(root: string, path: string): Promise<Facts> {
  try {
    const { bsize, blocks, bavail } = await statfs(join(root, path));
    const label = labelOf(path);
    return {
      [`disk${label}MiB`]: Math.round((bsize * blocks) / MIB),
      [`disk${label}FreeMiB`]: Math.round((bsize * bavail) / MIB),
    };
  } catch {
    return {};
  }
}
