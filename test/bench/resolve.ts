import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { measure, median, type Row } from './measure.ts';
import type { TokenFront } from './token-front.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OURS = 'digests, signatures, channel';

export interface ResolveBench {
  readonly front: TokenFront;
  /** Repository with the front's address. */
  readonly repository: string;
  readonly tag: string;
  readonly trust: string;
  readonly product: string;
  /** The bundled program. */
  readonly bundle: string;
  /** A peer that cannot be had here is left out and named. */
  readonly crane: string | undefined;
  readonly skopeo: string | undefined;
  readonly runs: number;
}

interface Contestant {
  readonly name: string;
  readonly verified: string;
  readonly command: readonly string[];
}

function contestants(bench: ResolveBench): readonly Contestant[] {
  const reference = `${bench.repository}:${bench.tag}`;
  const source = join(ROOT, 'host-service/bin/appliance.ts');
  const ours = (program: string, ...more: readonly string[]): readonly string[] => [
    ...[process.execPath, program, 'resolve', reference, '--trust', bench.trust, '--plain-http', '--json'],
    ...more,
  ];
  const known = ['--product', bench.product];
  const { crane, skopeo } = bench;
  const skopeoArgs = ['inspect', '--tls-verify=false', '--config', '--raw', `docker://${reference}`];
  return [
    { name: 'program', verified: OURS, command: ours(bench.bundle) },
    { name: 'program, realm known', verified: OURS, command: ours(bench.bundle, ...known) },
    { name: 'program from sources, realm known', verified: OURS, command: ours(source, ...known) },
    ...(crane === undefined
      ? []
      : [
          {
            name: 'crane config',
            verified: 'digests',
            command: [crane, 'config', '--insecure', reference],
          },
        ]),
    ...(skopeo === undefined
      ? []
      : [{ name: 'skopeo inspect --config --raw', verified: 'digests', command: [skopeo, ...skopeoArgs] }]),
  ];
}

function row(delayMs: number, name: string, verified: string, counted: Counted): Row {
  return {
    who: name,
    'added per request, ms': delayMs,
    requests: counted.requests,
    connections: counted.connections,
    'wall, ms': counted.wallMs,
    'CPU, ms': counted.cpuMs,
    checks: verified,
  };
}

interface Counted {
  readonly requests: number;
  readonly connections: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Tag -> document, each contestant in turn within one run, so that load of the machine meets all alike. Medians. */
export async function benchResolve(bench: ResolveBench, delayMs: number): Promise<readonly Row[]> {
  const all = contestants(bench).map((one) => ({
    ...one,
    wall: [] as number[],
    cpu: [] as number[],
    counts: { requests: 0, connections: 0 },
  }));
  for (let run = 0; run < bench.runs; run += 1) {
    for (const one of all) {
      bench.front.reset(delayMs);
      const result = await measure(one.command);
      if (result.code !== 0)
        throw new Error(`${one.name} ended with ${result.code}: ${result.stdout.slice(-800)}`);
      one.wall.push(result.wallMs);
      one.cpu.push(result.cpuMs);
      one.counts = bench.front.counts();
    }
  }
  const programs = all.map(({ name, verified, wall, cpu, counts }) =>
    row(delayMs, name, verified, { ...counts, wallMs: median(wall), cpuMs: median(cpu) }),
  );
  return [...programs, ...(await library(bench, delayMs))];
}

const Results = z.array(
  z.object({
    ...{ name: z.string(), requests: z.number(), connections: z.number() },
    ...{ wallMs: z.number(), cpuMs: z.number() },
  }),
);

/** The same inside a process that runs already, in a process of its own so that the front's CPU time is not counted. */
async function library(bench: ResolveBench, delayMs: number): Promise<readonly Row[]> {
  bench.front.reset(delayMs);
  const script = join(ROOT, 'test/bench/resolve-library.ts');
  const command = [process.execPath, script, bench.product, bench.trust, '20'];
  const result = await measure(command);
  if (result.code !== 0) throw new Error(`the library ended with ${result.code}: ${result.stdout}`);
  return Results.parse(JSON.parse(result.stdout)).map((one) => row(delayMs, one.name, OURS, one));
}
