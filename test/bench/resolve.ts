import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, median, type Row } from './measure.ts';
import type { TokenFront } from './token-front.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface ResolveBench {
  readonly front: TokenFront;
  /** Repository without host, e.g. `vendor/release`. */
  readonly repository: string;
  readonly tag: string;
  readonly trust: string;
  readonly product: string;
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
  const reference = `${bench.front.address}/${bench.repository}:${bench.tag}`;
  const cli = [process.execPath, join(ROOT, 'host-service/bin/appliance.ts'), 'resolve'];
  const ours = ['--trust', bench.trust, '--plain-http', '--json'];
  return [
    {
      name: 'appliance resolve',
      verified: 'digests, signatures, channel',
      command: [...cli, reference, ...ours],
    },
    {
      name: 'appliance resolve, realm known',
      verified: 'digests, signatures, channel',
      command: [...cli, reference, '--product', bench.product, ...ours],
    },
    ...(bench.crane === undefined
      ? []
      : [
          {
            name: 'crane config',
            verified: 'digests',
            command: [bench.crane, 'config', '--insecure', reference],
          },
        ]),
    ...(bench.skopeo === undefined
      ? []
      : [
          {
            name: 'skopeo inspect --config',
            verified: 'digests',
            command: [
              bench.skopeo,
              'inspect',
              '--tls-verify=false',
              '--config',
              '--raw',
              `docker://${reference}`,
            ],
          },
        ]),
  ];
}

/** Tag -> document, each contestant in turn within one run, so that load of the machine meets all alike. */
export async function benchResolve(bench: ResolveBench, delayMs: number): Promise<readonly Row[]> {
  const all = contestants(bench);
  const seen = new Map(
    all.map((one) => [one.name, { wall: [] as number[], cpu: [] as number[], requests: 0, connections: 0 }]),
  );
  for (let run = 0; run < bench.runs; run += 1) {
    for (const one of all) {
      bench.front.reset(delayMs);
      const result = await measure(one.command);
      if (result.code !== 0)
        throw new Error(`${one.name} ended with ${result.code}: ${result.stdout.slice(-500)}`);
      const entry = seen.get(one.name);
      if (entry === undefined) continue;
      entry.wall.push(result.wallMs);
      entry.cpu.push(result.cpuMs);
      Object.assign(entry, bench.front.counts());
    }
  }
  return all.map((one) => {
    const entry = seen.get(one.name);
    return {
      'who (whole process)': one.name,
      'added per request, ms': delayMs,
      requests: entry?.requests ?? 0,
      connections: entry?.connections ?? 0,
      'wall median, ms': median(entry?.wall ?? []),
      'CPU median, ms': median(entry?.cpu ?? []),
      checks: one.verified,
    };
  });
}
