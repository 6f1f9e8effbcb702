import { Version } from '../contract/names.ts';
import { PROBLEMS, problemOf, type ProblemBody } from '../contract/problem.ts';
import type { Product } from '../contract/product.ts';
import type { TraceRule } from '../contract/trace.ts';
import type { Trust } from '../contract/trust.ts';
import { decide } from '../core/decide/decide.ts';
import type { Answer } from '../core/decide/types.ts';
import type { Admitted } from '../core/release/admit.ts';
import type { Registry, ReleaseArtifact } from '../engine/ports.ts';
import { judgeArtifact, lookAt } from '../engine/resolve/look.ts';
import type { NamedReference } from './resolve-reference.ts';

/** What `appliance resolve --json` prints. */
export interface ResolveReport {
  readonly result: 'resolved' | 'refused' | 'unavailable';
  readonly reference: string;
  readonly code?: string;
  readonly detail?: string;
  readonly remedy?: string;
  readonly release?: string;
  readonly ociDigest?: string;
  readonly version?: string;
  readonly channel?: string;
  readonly sequence?: number;
  readonly issued?: string;
  readonly expires?: string;
  readonly signed?: boolean;
  readonly keyIds?: readonly string[];
  readonly servedBy?: string;
  readonly trace: readonly TraceRule[];
  readonly requests: number;
  readonly connections: number;
}

/** The rules that need no box. */
const SHOWN: ReadonlySet<string> = new Set([
  'pin',
  'channel-answer',
  'signature',
  'freshness',
  'sequence',
  'withdrawn',
]);

export interface Resolving {
  readonly registry: Registry;
  readonly named: NamedReference;
  readonly trust: Trust;
  readonly product: Product | undefined;
  readonly now: Date;
}

type Outcome =
  | { readonly ok: true; readonly admitted: Admitted; readonly artifact: ReleaseArtifact }
  | {
      readonly ok: false;
      readonly kind: 'refused' | 'unavailable';
      readonly problem: ProblemBody;
      readonly artifact?: ReleaseArtifact;
    };

async function verify(input: Resolving, signal: AbortSignal): Promise<Outcome> {
  const { registry, named, trust, product, now } = input;
  const looked = await lookAt(registry, named, { looks: new Map() }, signal);
  if (looked.kind !== 'artifact') return { ok: false, kind: looked.kind, problem: looked.problem };
  const { artifact } = looked;
  try {
    const { repository, channel, source } = named;
    const setting = { repository, channel, source, now, trust, product, productId: trust.product };
    const judged = await judgeArtifact(
      registry,
      artifact,
      { ...setting, floor: undefined, releases: new Map() },
      signal,
    );
    const { admission } = judged;
    if (admission.ok) return { ok: true, admitted: admission, artifact };
    return { ok: false, kind: 'refused', problem: admission.problem, artifact };
  } catch (error) {
    const problem = problemOf(error);
    const isRegistry = problem.code.startsWith('registry.');
    if (!isRegistry && !problem.code.startsWith('release.')) throw problem;
    return { ok: false, kind: isRegistry ? 'unavailable' : 'refused', problem: problem.body, artifact };
  }
}

/** The trace as a box would show it, as far as no box is needed. */
function traceOf(outcome: Outcome, input: Resolving): readonly TraceRule[] {
  const answer: Answer = outcome.ok
    ? { kind: 'resolved', digest: outcome.admitted.candidate.digest, confirmations: 1 }
    : { kind: outcome.kind, problem: outcome.problem };
  const candidates = outcome.ok
    ? [{ ...outcome.admitted.candidate, quarantine: undefined, confirmedAt: undefined }]
    : [];
  const decision = decide({
    intent: {
      hold: false,
      whenOlder: 'wait',
      ...(input.named.source === 'pin' ? { pin: input.named.reference } : {}),
    },
    policy: { install: 'auto', update: 'approve' },
    answer,
    statement: outcome.ok ? outcome.admitted.statement : undefined,
    candidates,
    running: undefined,
    lastGood: undefined,
    facts: {
      applianceId: '',
      kubernetes: '0.0.0',
      controlPlane: Version.parse('0.0.0'),
      host: undefined,
      architecture: 'amd64',
    },
    now: input.now,
  });
  return decision.trace.filter(({ rule, code }) => SHOWN.has(rule) || (!outcome.ok && code !== undefined));
}

function found(outcome: Outcome): Partial<ResolveReport> {
  if (!outcome.ok) {
    const { code, detail } = outcome.problem;
    const seen =
      outcome.artifact === undefined
        ? {}
        : { ociDigest: outcome.artifact.ociDigest, servedBy: outcome.artifact.servedBy };
    return { code, detail, remedy: PROBLEMS[code].remedy, ...seen };
  }
  const { candidate, statement, keyIds, signed } = outcome.admitted;
  return {
    release: candidate.digest,
    ociDigest: outcome.artifact.ociDigest,
    version: candidate.version,
    ...(statement === undefined
      ? {}
      : {
          channel: statement.channel,
          sequence: statement.sequence,
          issued: statement.issued,
          expires: statement.expires,
        }),
    ...{ signed, keyIds, servedBy: outcome.artifact.servedBy },
  };
}

/** Looks at a reference and says what it means, or why it cannot be used. Writes nothing anywhere. */
export async function reportOf(input: Resolving, signal: AbortSignal): Promise<ResolveReport> {
  const outcome = await verify(input, signal);
  const { repository, reference } = input.named;
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  return {
    result: outcome.ok ? 'resolved' : outcome.kind,
    reference: `${repository}${separator}${reference}`,
    ...found(outcome),
    trace: traceOf(outcome, input),
    ...input.registry.counters(),
  };
}
