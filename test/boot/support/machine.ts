import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const K3S = join(import.meta.dirname, '../k3s');
const PREFIX = 'appliance-boot-';
/** Where programs of this machine lie. */
const SYSTEM = ['/usr/sbin', '/usr/bin'];
/** What a box does not have before our own programs are on it, and what a test gives it. */
const WITHOUT =
  /^(node|nodejs|npm|npx|corepack|timedatectl|containerd|ctr|kubectl|appliance.*|k3s|systemctl)$/;

/** What a run of the boot script said. */
export interface Run {
  /** Exit status, or the signal that ended it. */
  readonly ended: number | string;
  readonly lines: readonly Line[];
  readonly text: string;
}
export interface Line {
  readonly time: string;
  readonly stage: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly code?: string;
  readonly detail: string;
  readonly ms: number;
}

/** A machine of its own as far as files and network go: a folder for its root, a network namespace without any way out. */
export interface Machine {
  readonly root: string;
  /** Folder in front of its PATH: programs in it are this machine's. */
  readonly bin: string;
  boot(env?: Readonly<Record<string, string>>): Promise<Run>;
  /** Runs a program inside. Rejects when it fails. */
  inside(program: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program inside that ends with the machine. */
  begin(name: string, program: string, ...args: readonly string[]): Promise<void>;
  kube(...args: readonly string[]): Promise<string>;
  /** Ends everything inside at once; what is kept in files stays. It is on again with the next thing asked of it. */
  cutPower(): Promise<void>;
  stop(): Promise<void>;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** What is left of machines whose tests were killed. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`, 'u').exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await remove(join(tmpdir(), name));
  }
}

const spaceOf = (folder: string): string => `boot-${folder.slice(-6)}`;

/** Everything of a machine that is no file of it. */
async function remove(folder: string): Promise<void> {
  const space = spaceOf(folder);
  await run('ip', ['netns', 'delete', space]).catch(() => undefined);
  for (const controller of await readdir('/sys/fs/cgroup').catch((): string[] => [])) {
    const group = join('/sys/fs/cgroup', controller, space);
    await run('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']).catch(() => undefined);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}

async function addSpace(space: string): Promise<void> {
  await run('ip', ['netns', 'add', space]);
  await run('ip', ['-n', space, 'link', 'set', 'lo', 'up']);
}

/** A process with a tree of its own and mounts of its own, below which everything of a machine runs. */
interface Power {
  readonly outer: ChildProcess;
  /** First process inside, as this machine numbers it. */
  readonly pid: number;
}

async function powerOn(space: string, env: Readonly<Record<string, string>>): Promise<Power> {
  const line = [`--net=/run/netns/${space}`, 'setpriv', '--pdeathsig', 'KILL', 'unshare'];
  const own = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', join(K3S, 'power.sh')];
  const outer = spawn('nsenter', [...line, ...own], { env, stdio: 'ignore' });
  for (let left = 200; left > 0; left -= 1) {
    const path = `/proc/${outer.pid}/task/${outer.pid}/children`;
    const [pid] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ').map(Number);
    const isOn = await access(`/proc/${pid}/root/run/power`).then(
      () => true,
      () => false,
    );
    if (pid !== undefined && isOn) return { outer, pid };
    await sleep(25);
  }
  throw new Error('the machine has no first process');
}

let system: Promise<string> | undefined;
let machines = 0;

/** The programs of this machine that a box has as well, in one folder for all machines of this process. */
function systemFolder(): Promise<string> {
  system ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
    for (const from of SYSTEM)
      for (const name of await readdir(from))
        if (!WITHOUT.test(name)) await symlink(join(from, name), join(folder, name)).catch(() => undefined);
    return folder;
  })();
  return system;
}

/** Nobody is told when a test process ends: the last machine takes the folder with it. */
async function leaveSystemFolder(): Promise<void> {
  machines -= 1;
  if (machines > 0 || system === undefined) return;
  const folder = await system;
  system = undefined;
  await rm(folder, { recursive: true, force: true });
}

async function layOut(folder: string, template: string | undefined): Promise<{ root: string; bin: string }> {
  const [root, bin] = [join(folder, 'root'), join(folder, 'bin')];
  await mkdir(bin, { recursive: true });
  if (template === undefined) await mkdir(root, { recursive: true });
  else await cp(template, root, { recursive: true });
  for (const name of ['k3s', 'systemctl']) await symlink(join(K3S, name), join(bin, name));
  return { root, bin };
}

/**
 * Makes a machine. Needs root.
 *
 * @param template folder with its files
 * @param programs absolute paths of the platform's programs
 */
export async function makeMachine(
  template: string | undefined,
  programs: Iterable<string> = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Machine> {
  await sweep();
  machines += 1;
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const space = spaceOf(folder);
  const { root, bin } = await layOut(folder, template);
  await addSpace(space);
  await mkdir(join(folder, 'platform'));
  for (const path of programs) await symlink(path, join(folder, 'platform', basename(path)));
  const env = {
    PATH: [bin, await systemFolder()].join(delimiter),
    HOME: root,
    APPLIANCE_ROOT: root,
    K3S_STANDIN_BIN: join(folder, 'platform'),
    K3S_STANDIN_CGROUP: `/${space}`,
    ...more,
  };
  let power: Power | undefined;
  const entry = async (): Promise<readonly string[]> => {
    power ??= await powerOn(space, env);
    return ['--target', String(power.pid), '--net', '--mount', '--pid', '--'];
  };
  const inside = async (program: string, ...args: readonly string[]): Promise<string> => {
    const line = [...(await entry()), program, ...args];
    return (await run('nsenter', line, { env, maxBuffer: 64 << 20 })).stdout;
  };
  const cutPower = async (): Promise<void> => {
    if (power === undefined) return;
    const { outer, pid } = power;
    power = undefined;
    outer.kill('SIGKILL');
    while (isAlive(pid)) await sleep(25);
    // Links, addresses and routes are lost with the power as well.
    await run('ip', ['netns', 'delete', space]);
    await addSpace(space);
  };
  return {
    ...{ root, bin, inside, cutPower },
    boot: async (own = {}) => boot(await entry(), root, { APPLIANCE_TEST_PATIENCE: '60', ...env, ...own }),
    begin: async (name, program, ...args) => {
      const log = openSync(join(folder, `${name}.log`), 'a');
      spawn('nsenter', [...(await entry()), program, ...args], { env, stdio: ['ignore', log, log] });
      closeSync(log);
    },
    kube: (...args) => inside('k3s', 'kubectl', ...args),
    stop: async () => {
      await cutPower();
      await remove(folder);
      await leaveSystemFolder();
    },
  };
}

function boot(entry: readonly string[], root: string, env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve, reject) => {
    const script = join(root, 'usr/lib/appliance/bootstrap.sh');
    const child = spawn('nsenter', [...entry, script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (text += part.toString('utf8')));
    child.once('error', reject);
    // Not `close`: the platform goes on and may hold what it was given.
    child.once('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ ended: code ?? signal ?? 'nothing', lines: linesOf(text), text });
      }, 50);
    });
  });
}

/** Each line is JSON: what is not would be lost to whoever reads the journal. */
function linesOf(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
