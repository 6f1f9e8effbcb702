import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { inAscii, slim } from './slim.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The entry points of `host-service/bin`. */
const PROGRAMS = ['appliance', 'appliance-agent', 'appliance-control-plane', 'appliance-publish'] as const;
/** Files that programs read from beside themselves, by their path from the root. */
const ASSETS = ['flux-base/control-plane/crds'] as const;

export interface Built {
  /** Program name -> path of its bundle. */
  readonly programs: Readonly<Record<(typeof PROGRAMS)[number], string>>;
  /** Sources that are part of some bundle, by their path from the root. */
  readonly inputs: readonly string[];
}

/**
 * Bundles each program into one file for Node 22. A file's place below `folder` is its place in the tree, so that a path relative to the
 * program is right in both.
 *
 * @throws Error when something cannot be bundled
 */
export async function buildPrograms(folder: string): Promise<Built> {
  await rm(folder, { recursive: true, force: true });
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS.map((name) => `host-service/bin/${name}.ts`),
    outdir: join(folder, 'host-service/bin'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // The text lies in memory as long as the program runs. Names stay: they are what a stack says.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 200,
    sourcemap: 'external',
    metafile: true,
    logLevel: 'silent',
    plugins: [slim],
    // Some libraries are CommonJS and require Node's own modules.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
  });
  for (const name of PROGRAMS) await inAscii(join(folder, `host-service/bin/${name}.js`));
  for (const path of ASSETS) {
    await mkdir(join(folder, path), { recursive: true });
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  const program = (name: string): string => join(folder, `host-service/bin/${name}.js`);
  return {
    programs: {
      appliance: program('appliance'),
      'appliance-agent': program('appliance-agent'),
      'appliance-control-plane': program('appliance-control-plane'),
      'appliance-publish': program('appliance-publish'),
    },
    inputs: Object.keys(result.metafile.inputs),
  };
}
