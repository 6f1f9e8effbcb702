import { ROLL_ANNOTATIONS, VERSION_LABEL, type ControlPlaneBuild } from '../../contract/control-plane.ts';
import { CAPS, Repository, Version, type Digest } from '../../contract/names.ts';
import { Problem, type ProblemBody } from '../../contract/problem.ts';
import { recordOf } from '../../core/json.ts';
import type { ObservedControlPlane } from '../../core/roll/observed.ts';
import { withFailure } from '../../core/roll/record.ts';
import { settledAnnotations } from '../../core/roll/template.ts';
import { wayBack } from '../../core/roll/way-back.ts';
import { cappedText } from '../journal/events.ts';
import type { Clock, Cluster, KubeInput, Log } from '../ports.ts';
import { lookAtControlPlane, type Look } from './observe.ts';
import { changeRecord } from './record.ts';

export interface PutBackPorts {
  readonly cluster: Pick<Cluster, 'get' | 'list' | 'create' | 'replace' | 'apply'>;
  readonly namespace: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export interface PutBackInput {
  /** The build that is to go. */
  readonly failed: Digest;
  readonly reason: ProblemBody;
  /** `engine:<pod>`, `guard:<node>`, `boot:<node>`. */
  readonly by: string;
  /** End of its log. */
  readonly evidence: string | undefined;
}

export type PutBackAnswer =
  { readonly kind: 'restored'; readonly digest: Digest } | { readonly kind: 'no-way-back' };

/** Looks in a row when somebody else writes meanwhile; the platform itself counts pods in the same object. */
const LOOKS = 4;

/**
 * Puts the former control plane back (design §6.5, 6.6): the failure is recorded first, so that whoever comes after a crash does the same, then the
 * Deployment gets the former template in one write under its resourceVersion: of two who do this at once, one finds it done. What has
 * been put back already is only answered.
 *
 * @throws Problem cluster.conflict when somebody else changes the Deployment all the time; other cluster.*
 */
export async function putBack(
  ports: PutBackPorts,
  input: PutBackInput,
  signal: AbortSignal,
): Promise<PutBackAnswer> {
  for (let look = 1; ; look += 1) {
    try {
      return await putBackNow(ports, input, signal);
    } catch (error) {
      const isRace = error instanceof Problem && error.code === 'cluster.conflict';
      if (!isRace || look >= LOOKS) throw error;
    }
  }
}

async function putBackNow(
  ports: PutBackPorts,
  input: PutBackInput,
  signal: AbortSignal,
): Promise<PutBackAnswer> {
  const { cluster, namespace, clock, log } = ports;
  const { failed, reason, by } = input;
  const look = await lookAtControlPlane(cluster, namespace, signal);
  if (look === undefined) return { kind: 'no-way-back' };
  const { seen } = look;
  if (seen.digest !== undefined && seen.digest !== failed) return { kind: 'restored', digest: seen.digest };
  const evidence = input.evidence === undefined ? undefined : cappedText(input.evidence, CAPS.stepEvidence);
  const failing = {
    ...{ reason, by, evidence, build: buildOf(seen, failed), at: clock.now() },
    attempt: attemptOf(seen),
  };
  const record = await changeRecord(cluster, namespace, (before) => withFailure(before, failing), signal);
  const way = wayBack(seen, record, failed);
  const fields = { failed, by, code: reason.code, detail: reason.detail };
  if (way.kind === 'none') {
    log.error('control plane: no way back', fields);
    return { kind: 'no-way-back' };
  }
  await cluster.apply(restored(look, way.template, way.version, by), { signal });
  log.warn('control plane put back', { ...fields, digest: way.digest, version: way.version });
  return { kind: 'restored', digest: way.digest };
}

/** Names one try of a build: the same one has the same end of probation, whoever looks. */
export const attemptOf = ({ uid, probationUntil }: ObservedControlPlane): string =>
  `${uid}/${probationUntil?.toISOString() ?? 'settled'}`;

const UNKNOWN = Version.parse('0.0.0');
const NOWHERE = Repository.parse('unknown.invalid/control-plane');

function buildOf({ image, version, release }: ObservedControlPlane, digest: Digest): ControlPlaneBuild {
  const at = image.indexOf('@');
  const repository = Repository.safeParse(at === -1 ? image : image.slice(0, at));
  return {
    repository: repository.success ? repository.data : NOWHERE,
    digest,
    version: version ?? UNKNOWN,
    ...(release === undefined ? {} : { release }),
  };
}

/** The whole Deployment as ours: a field left out would be given up. Of its annotations, those of the roll are. */
function restored(
  { deployment, seen }: Look,
  template: Readonly<Record<string, unknown>>,
  version: Version | undefined,
  by: string,
): KubeInput {
  const { apiVersion, kind, metadata } = deployment;
  const spec = recordOf(deployment['spec']);
  const labels = { ...metadata.labels, ...(version === undefined ? {} : { [VERSION_LABEL]: version }) };
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      labels,
      annotations: { ...settledAnnotations(metadata.annotations), [ROLL_ANNOTATIONS.changedBy]: by },
      resourceVersion: seen.resourceVersion,
    },
    spec: { ...spec, template },
  };
}
