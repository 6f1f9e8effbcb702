import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import { PROBLEMS, problemOf } from '../contract/problem.ts';
import { unpack } from '../edges/archive/unpack.ts';
import { createClock } from '../edges/clock/clock.ts';
import { readProduct, readTrust } from '../edges/files/config.ts';
import { createRegistry } from '../edges/registry/registry.ts';
import { readReference } from './resolve-reference.ts';
import { reportOf, type ResolveReport } from './resolve-report.ts';

const Options = z.object({
  trust: z.string(),
  product: z.string().optional(),
  plainHttp: z.boolean().default(false),
  json: z.boolean().default(false),
});

/** Exit codes of the command; 2 is a mistake in what it was given. */
const EXIT = { resolved: 0, refused: 3, unavailable: 4 } as const;
function inWords(report: ResolveReport): string {
  const { result, code, detail, remedy } = report;
  const cost = `${report.requests} requests on ${report.connections} connections`;
  const trace = report.trace.map(
    ({ rule, verdict, detail: text }) => `  ${verdict.padEnd(6)} ${rule}: ${text}`,
  );
  if (result !== 'resolved') {
    const state = result === 'refused' ? 'refused' : 'could not be asked';
    return [
      `${report.reference} ${state}: ${code ?? ''}`,
      `  ${detail ?? ''}`,
      `  ${remedy ?? ''}`,
      ...trace,
      `  ${cost}`,
    ].join('\n');
  }
  const signed = report.signed === true ? `signed by ${(report.keyIds ?? []).join(', ')}` : 'UNSIGNED';
  const until = report.expires === undefined ? '' : `, good until ${report.expires}`;
  const sequence = report.sequence === undefined ? '' : `, sequence ${report.sequence}`;
  return [
    `${report.reference} is release ${report.version ?? ''}`,
    `  release ${report.release ?? ''}`,
    `  manifest ${report.ociDigest ?? ''} from ${report.servedBy ?? ''}`,
    `  ${signed}${sequence}${until}`,
    ...trace,
    `  ${cost}`,
  ].join('\n');
}

function proxyOf(env: NodeJS.ProcessEnv) {
  const { HTTP_PROXY, http_proxy, HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = env;
  return { http: http_proxy ?? HTTP_PROXY, https: https_proxy ?? HTTPS_PROXY, noProxy: no_proxy ?? NO_PROXY };
}

async function run(text: string, options: z.infer<typeof Options>): Promise<ResolveReport> {
  const trust = readTrust(options.trust);
  const product = options.product === undefined ? undefined : readProduct(options.product);
  const named = readReference(text, product);
  const host = named.repository.split('/', 1)[0] ?? '';
  const hint = product?.release.token;
  const registry = createRegistry({
    registries: options.plainHttp ? [{ host, mirrors: [], plainHttp: true }] : [],
    token: hint === undefined ? undefined : { host, ...hint },
    proxy: proxyOf(process.env),
    unpack,
  });
  try {
    const now = createClock().now();
    return await reportOf({ registry, named, trust, product, now }, new AbortController().signal);
  } finally {
    await registry.close();
  }
}

async function action(text: string, raw: unknown): Promise<void> {
  const options = Options.parse(raw);
  try {
    const report = await run(text, options);
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : inWords(report)}\n`);
    process.exitCode = EXIT[report.result];
  } catch (error) {
    const { code, detail } = problemOf(error);
    const { remedy } = PROBLEMS[code];
    if (options.json) process.stdout.write(`${JSON.stringify({ result: 'error', code, detail, remedy })}\n`);
    else process.stderr.write(`${code}: ${detail}\n${remedy}\n`);
    process.exitCode = 2;
  }
}

/** `appliance resolve`: what a channel or reference means now, verified. */
export function registerResolve(program: Command): void {
  program
    .command('resolve')
    .description('say which release a channel or reference means now, verified; changes nothing')
    .argument('<ref>', 'repository:tag, repository@digest, or a channel of the product')
    .requiredOption('--trust <file>', 'trusted keys and registries (trust.yaml)')
    .option('--product <file>', 'product definition (product.yaml)')
    .option('--plain-http', 'talk plain HTTP to this registry')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExit codes: 0 resolved, 3 refused, 4 registry not available, 2 wrong input.')
    .action(action);
}
