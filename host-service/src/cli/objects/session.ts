import process from 'node:process';
import { userInfo } from 'node:os';
import { z } from 'zod';
import type { Actor } from '../../contract/appliance.ts';
import {
  Problem,
  PROBLEMS,
  problemOf,
  safeLine,
  type ProblemBody,
  type ProblemCode,
} from '../../contract/problem.ts';
import { createCluster, type ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { loadKubeconfig } from '../../edges/kubernetes/connect/kubeconfig.ts';

/** Exit codes of all verbs that ask a box or its cluster; 1 is what a crash ends with. */
export const EXIT = { ok: 0, usage: 2, refused: 3, unavailable: 4 } as const;
export const EXIT_HELP =
  '\nExit codes: 0 done, 2 wrong input, 3 refused, 4 not available: the box or its cluster does not answer.';

/** Options that every verb has. */
export const Common = z.object({
  kubeconfig: z.string(),
  context: z.string().optional(),
  json: z.boolean().default(false),
});
export type Common = z.infer<typeof Common>;

/** The options as the verb wants them. Problem request.invalid naming the first mistake. */
export function optionsOf<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(
    'request.invalid',
    `--${issue?.path.join('.') ?? 'option'}: ${issue?.message ?? 'is wrong'}`,
  );
}

/** What a verb has to say: for people, and the same as data. */
export interface Said {
  readonly text: string;
  readonly data: unknown;
}

/** Longest time of one verb in milliseconds. */
const LIMIT_MS = 30_000;

/** Runs a verb against the cluster of the kubeconfig, prints what it says, sets the exit code. */
export async function withCluster(
  { kubeconfig, context, json }: Common,
  verb: (cluster: ConnectedCluster, signal: AbortSignal) => Promise<Said>,
): Promise<void> {
  await saying(json, async (signal) => {
    const cluster = createCluster({ auth: loadKubeconfig(kubeconfig, context), userAgent: 'appliance-cli' });
    try {
      return await verb(cluster, signal);
    } finally {
      await cluster.close();
    }
  });
}

/** Runs a verb, prints what it says or why it cannot, sets the exit code. */
export async function saying(
  json: boolean,
  verb: (signal: AbortSignal) => Promise<Said>,
  limitMs: number = LIMIT_MS,
): Promise<void> {
  try {
    const { text, data } = await verb(AbortSignal.timeout(limitMs));
    process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
    process.exitCode = EXIT.ok;
  } catch (error) {
    const { code, detail } = problemOf(error);
    const { title, remedy } = PROBLEMS[code];
    if (json) process.stdout.write(`${JSON.stringify({ code, title, detail, remedy })}\n`);
    else process.stderr.write(`${problemText({ code, detail })}\n`);
    process.exitCode = exitOf(code);
  }
}

/** What a command ends with for a problem: the code says it, never a text. */
export function exitOf(code: ProblemCode): number {
  if (code.startsWith('config.')) return EXIT.usage;
  const isAway = /^(cluster|client|internal)\.|^request\.(draining|rate-limited)$|^session\.locked$/.test(
    code,
  );
  return isAway ? EXIT.unavailable : EXIT.refused;
}

/** A problem in words: what is true, what exactly, what to do. */
export function problemText({ code, detail, subject }: ProblemBody): string {
  const { title, remedy } = PROBLEMS[code];
  const where = subject === undefined ? '' : ` [${subject}]`;
  return `${title}${where} (${code})\n    ${safeLine(detail)}\n    ${remedy}`;
}

/** Who asks by this way. */
export function actorOf(options: {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}): Actor {
  const { by, reason } = options;
  return {
    by: safeLine(by ?? userInfo().username),
    via: 'cli',
    ...(reason === undefined ? {} : { reason: safeLine(reason) }),
  };
}

/** Lines of a table, columns as wide as their widest text. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
