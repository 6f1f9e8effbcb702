import type { Digest, Repository } from '../../contract/names.ts';
import { Problem, problemOf, type ProblemBody } from '../../contract/problem.ts';
import type { Trust } from '../../contract/trust.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import type { Admitted } from '../../core/release/admit.ts';
import { referencesOf } from '../../core/release/allowed.ts';
import type { ReleaseArtifact } from '../ports.ts';
import type { ResolveInput, ResolveMemory, ResolvePorts } from '../resolve-input.ts';
import { judgeArtifact, type Judged, type Setting } from './look.ts';
import { floorOf, readRecord, withFloor, withKeys, writeRecord, type FloorRecord } from './record.ts';
import { releaseObject, storeRelease } from './store.ts';

/** One call of RESOLVE: what it has read and made so far. */
export interface Run {
  readonly ports: ResolvePorts;
  readonly input: ResolveInput;
  readonly memory: ResolveMemory;
  readonly signal: AbortSignal;
  readonly channel: string;
  readonly now: Date;
  record: FloorRecord;
  trust: Trust;
  readonly stored: KnownRelease[];
  readonly problems: ProblemBody[];
}

export type Taken =
  | { readonly ok: true; readonly admitted: Admitted }
  | {
      readonly ok: false;
      readonly kind: 'unavailable' | 'refused';
      readonly problem: ProblemBody;
      readonly digest?: Digest;
    };

const WRITE_TRIES = 3;

/** Release objects of the cluster and those made in this call. */
export function knownReleases(run: Run): ReadonlyMap<Digest, KnownRelease> {
  return new Map([...run.input.releases, ...run.stored.map((entry) => [entry.digest, entry] as const)]);
}

/** Every part of a release must be in the registry before it is used; remembered, because it is not looked at again. */
async function checkComplete(run: Run, admitted: Admitted): Promise<void> {
  const { digest, release, version } = admitted.candidate;
  if (run.memory.complete.has(digest)) return;
  const artifacts = referencesOf(release).map(({ artifact }) => artifact);
  const missing = await run.ports.registry.missing(artifacts, run.input.architecture, run.signal);
  if (missing.length > 0) {
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
    throw new Problem('release.incomplete', `${version} lacks ${missing.slice(0, 3).join(', ')}${more}`);
  }
  run.memory.complete.add(digest);
}

async function writeFloor(run: Run, next: FloorRecord): Promise<void> {
  run.record = await writeRecord(run.ports.cluster, run.input.namespace, next, run.signal);
}

interface Taking {
  readonly source: Setting['source'];
  readonly repository: Repository;
  readonly expected?: Digest | undefined;
}

/** Judges against floor and trust as they are now; keys that came along and are confirmed count from here on. */
async function judge(run: Run, artifact: ReleaseArtifact, taking: Taking): Promise<Judged> {
  const { product } = run.input;
  const { channel, now, trust } = run;
  const of = { product: product.id, repository: taking.repository, channel };
  const setting: Setting = {
    ...taking,
    ...{ channel, now, trust, product, productId: product.id },
    floor: floorOf(run.record, of),
    releases: knownReleases(run),
  };
  const judged = await judgeArtifact(run.ports.registry, artifact, setting, run.signal);
  if (judged.keysProblem !== undefined) run.problems.push(judged.keysProblem);
  if (judged.trust.version > run.trust.version) {
    await writeFloor(run, withKeys(run.record, judged.trust));
    run.trust = judged.trust;
  }
  return judged;
}

async function takeOnce(run: Run, artifact: ReleaseArtifact, taking: Taking): Promise<Taken> {
  const { admission, upgraded } = await judge(run, artifact, taking);
  if (!admission.ok) {
    return { ok: false, kind: 'refused', problem: admission.problem, digest: admission.digest };
  }
  const isKnown = knownReleases(run).has(admission.candidate.digest);
  if (!isKnown && taking.source !== 'baked') await checkComplete(run, admission);
  const { repository } = taking;
  const { ociDigest, bundles, statement } = artifact;
  // Everything that can be refused comes before the first write.
  const object = releaseObject({
    admitted: admission,
    repository,
    ociDigest,
    bundles,
    upgraded,
    now: run.now,
  });
  // The floor first: a stop between the two writes must not let anything older in.
  if (admission.nextFloor !== undefined && statement !== undefined) {
    await writeFloor(run, withFloor(run.record, admission.nextFloor, statement));
  }
  if (!isKnown) run.stored.push(await storeRelease(run.ports.cluster, object, admission, run.signal));
  return { ok: true, admitted: admission };
}

/**
 * Admits an artifact and keeps it. Repeats from the floor when somebody else wrote it meanwhile. A refusal writes nothing.
 * @throws Problem cluster.*
 */
export async function take(run: Run, artifact: ReleaseArtifact, taking: Taking): Promise<Taken> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await takeOnce(run, artifact, taking);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'cluster.conflict' && attempt < WRITE_TRIES) {
        run.record = await readRecord(run.ports.cluster, run.input.namespace, run.signal);
        continue;
      }
      if (problem.code.startsWith('registry.'))
        return { ok: false, kind: 'unavailable', problem: problem.body };
      if (problem.code.startsWith('release.')) return { ok: false, kind: 'refused', problem: problem.body };
      throw error;
    }
  }
}
