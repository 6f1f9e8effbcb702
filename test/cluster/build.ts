/* eslint no-console: off -- this is a command line program */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import type { Tool } from './tools.ts';
import { ALL_TOOLS, cacheFolder, executable, moduleFolder, onPath, TOOLS } from './tools.ts';

const run = promisify(execFile);

export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export interface Tools {
  /** Program name -> absolute path. */
  readonly paths: ReadonlyMap<string, string>;
  /** Flux controller -> directory of its custom resource definitions. */
  readonly crds: ReadonlyMap<string, string>;
  readonly missing: readonly Missing[];
}

export interface BuildOptions {
  /** Names of programs of either list (default: those of the cluster tier). */
  readonly only?: readonly string[];
  /** Only look: neither build nor install. */
  readonly lookOnly?: boolean;
  readonly log?: (line: string) => void;
}

/**
 * Finds the programs of the test world; builds or installs those that are not there, one after another.
 * What cannot be had is listed with the reason: nothing is thrown for it.
 */
export async function ensureTools(options: BuildOptions = {}): Promise<Tools> {
  const paths = new Map<string, string>();
  const crds = new Map<string, string>();
  const missing: Missing[] = [];
  const { only } = options;
  const wanted = only === undefined ? TOOLS : ALL_TOOLS.filter(({ name }) => only.includes(name));
  for (const tool of wanted) {
    try {
      paths.set(tool.name, await ensure(tool, options));
      if (tool.source.kind === 'go' && tool.source.crds !== undefined) {
        crds.set(tool.name, join(await cacheFolder(tool.source.folder), 'crds'));
      }
    } catch (error) {
      missing.push({ name: tool.name, reason: reasonOf(error) });
    }
  }
  return { paths, crds, missing };
}

async function ensure(tool: Tool, options: BuildOptions): Promise<string> {
  const log = options.log ?? (() => undefined);
  const built =
    tool.source.kind === 'go' ? join(await cacheFolder(tool.source.folder), tool.name) : undefined;
  if (built !== undefined && (await executable(built))) {
    return built;
  }
  const ready = tool.ready === false ? undefined : await readyBinary(tool);
  if (ready !== undefined) {
    return ready;
  }
  if (options.lookOnly === true) {
    throw new Error(`not built yet: node test/cluster/build.ts --only ${tool.name}`);
  }
  const begin = performance.now();
  log(`${tool.name}: ${tool.source.kind === 'go' ? 'building' : 'installing'} ${tool.source.package}`);
  const path =
    tool.source.kind === 'go'
      ? await buildGo(tool.name, tool.source)
      : await installDebian(tool.name, tool.source.package);
  log(`${tool.name}: ${path} (${Math.round((performance.now() - begin) / 1000)} s)`);
  return path;
}

async function readyBinary(tool: Tool): Promise<string | undefined> {
  const path = await onPath(tool.name);
  if (path === undefined || tool.atLeast === undefined) {
    return path;
  }
  const [major, minor] = tool.atLeast;
  const version = /(\d+)\.(\d+)\.\d+/u.exec((await run(path, ['--version'])).stdout);
  const found = version === null ? [0, 0] : [Number(version[1]), Number(version[2])];
  return found[0]! > major || (found[0] === major && found[1]! >= minor) ? path : undefined;
}

type GoSource = Extract<Tool['source'], { kind: 'go' }>;

async function buildGo(name: string, source: GoSource): Promise<string> {
  const goBinary = (await onPath('go')) ?? '/usr/local/go/bin/go';
  if (!(await executable(goBinary))) {
    throw new Error('needs Go 1.26 (no `go` on PATH) or a ready binary on PATH');
  }
  const cwd = moduleFolder(source.folder);
  const folder = await cacheFolder(source.folder);
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const settings = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
  const fresh = join(folder, `.${name}.${process.pid}`);
  try {
    const ldflags = `-s -w ${source.ldflags ?? ''}`.trim();
    await run(goBinary, ['build', '-ldflags', ldflags, '-o', fresh, source.package], settings);
    if (source.crds !== undefined) {
      const { stdout } = await run(goBinary, ['list', '-m', '-f', '{{.Dir}}', source.crds], settings);
      await copyCrds(join(stdout.trim(), 'config', 'crd', 'bases'), join(folder, 'crds'));
    }
    await rename(fresh, join(folder, name));
  } finally {
    await rm(fresh, { force: true });
  }
  return join(folder, name);
}

async function copyCrds(from: string, to: string): Promise<void> {
  // The module cache is read-only: copy the contents, not the modes.
  const fresh = `${to}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await run('cp', ['-r', '--no-preserve=mode', from, fresh]);
  await rm(to, { recursive: true, force: true });
  await rename(fresh, to);
}

async function installDebian(name: string, debian: string): Promise<string> {
  if (process.getuid?.() !== 0 || (await onPath('apt-get')) === undefined) {
    throw new Error(`needs the Debian package ${debian} (apt-get install ${debian})`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', debian];
  await run('apt-get', install, { env }).catch(async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', install, { env });
  });
  const path = await onPath(name);
  if (path === undefined) {
    throw new Error(`the Debian package ${debian} brought no ${name}`);
  }
  return path;
}

/** The last lines of a compiler or installer say what went wrong. */
function reasonOf(error: unknown): string {
  const text =
    error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== ''
      ? error.stderr
      : String(error instanceof Error ? error.message : error);
  return text.trim().split('\n').slice(-3).join(' | ').slice(0, 400);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { only: { type: 'string' }, look: { type: 'boolean' } } });
  const tools = await ensureTools({
    ...(values.only === undefined ? {} : { only: values.only.split(',') }),
    lookOnly: values.look === true,
    log: (line) => console.log(line),
  });
  for (const [name, path] of tools.paths) {
    console.log(`have    ${name.padEnd(24)} ${path}`);
  }
  for (const { name, reason } of tools.missing) {
    console.log(`missing ${name.padEnd(24)} ${reason}`);
  }
  process.exitCode = tools.missing.length > 0 ? 1 : 0;
}
