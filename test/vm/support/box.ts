import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { programsTree } from '../../../scripts/build/boot-programs.ts';
import { writeTree } from '../../../scripts/build/image-layer.ts';
import { ownArchitecture } from '../../../scripts/build/image.ts';
import { makeTemplate } from '../../boot/support/template.ts';
import { runFolder } from './run-folder.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
/** Place of the program that is ready, alive, stuck and gone as its settings say. */
export const TEST_PROGRAM = 'usr/lib/appliance/app/test-program.js';

/** Files of the product as they lie on a box, over the files of Debian. */
export interface Box {
  readonly folder: string;
  remove(): Promise<void>;
}

/** A file with its folders. */
async function put(root: string, path: string, text: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** A program as one file. */
async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'silent',
  });
}

/**
 * Builds a box: boot script, baked parts, units and host program of this checkout, Node, a small stand-in for the platform, and beside the host
 * program one whose behaviour a file says.
 */
export async function makeBox(): Promise<Box> {
  const folder = await runFolder();
  await chmod(folder, 0o755);
  const template = await makeTemplate();
  try {
    await run('cp', ['-a', '--no-preserve=ownership', `${template.folder}/.`, folder]);
  } finally {
    await template.remove();
  }
  await writeTree(folder, await programsTree('usr/lib/appliance', ownArchitecture));
  // The stand-in has no API that a command line could ask; on an interpreted machine each try costs half a minute.
  await rm(join(folder, 'usr/lib/appliance/app/host-service/bin/appliance.js'));
  await rm(join(folder, 'usr/bin/appliance'));
  await bundle('test/vm/program/agent.ts', join(folder, TEST_PROGRAM));
  await put(folder, 'etc/appliance/agent.yaml', 'schema: appliance.agent/v1\n');
  await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
  await cp(join(import.meta.dirname, '../program/k3s'), join(folder, 'usr/local/bin/k3s'));
  await switchOnUnits(folder);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Which units a boot starts: ours, one shell for the VM, and as few others as will do. */
export async function switchOnUnits(folder: string): Promise<void> {
  await put(folder, 'etc/systemd/system/test-shell.service', SHELL);
  for (const [target, unit] of [
    ['multi-user', '/usr/lib/systemd/system/appliance-bootstrap.service'],
    ['multi-user', '/usr/lib/systemd/system/appliance-agent.service'],
    ['sysinit', '/etc/systemd/system/test-shell.service'],
  ] as const) {
    const wants = join(folder, `etc/systemd/system/${target}.target.wants`);
    await mkdir(wants, { recursive: true });
    await symlink(unit, join(wants, unit.split('/').at(-1) ?? ''));
  }
  const system = join(folder, 'etc/systemd/system');
  await symlink('/usr/lib/systemd/system/multi-user.target', join(system, 'default.target'));
  for (const unit of MASKED) await symlink('/dev/null', join(system, unit));
  // The kernel is told what the root is; waiting for its device would need udev.
  await put(folder, 'etc/fstab', '');
}

/** What a machine without hardware, people and a network has no use for; each costs the interpreted VM seconds. */
const MASKED = [
  ...[
    'systemd-udevd.service',
    'systemd-udevd-control.socket',
    'systemd-udevd-kernel.socket',
    'systemd-udev-trigger.service',
  ],
  ...[
    'systemd-logind.service',
    'systemd-user-sessions.service',
    'modprobe@.service',
    'systemd-random-seed.service',
  ],
  ...['sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'dev-mqueue.mount', 'dev-hugepages.mount'],
  ...['systemd-modules-load.service', 'systemd-fsck-root.service', 'sys-fs-fuse-connections.mount'],
];

/** A root shell on the second serial line: the VM's only way in. */
const SHELL = `[Unit]
DefaultDependencies=no
ConditionVirtualization=vm
[Service]
ExecStart=/bin/sh
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
OOMScoreAdjust=-1000
KillMode=process
`;
