import type { ControlPlaneBuild } from '../../../contract/control-plane.ts';
import type { Operation } from '../../../contract/objects.ts';
import { Problem, problemOf, safeLine, type ProblemBody } from '../../../contract/problem.ts';
import type { ReleaseParts } from '../../../core/plan/observed.ts';
import { acceptImage } from '../../../core/roll/image.ts';
import type { ControlPlaneParts } from '../../../core/roll/manifests.ts';
import { withFailure } from '../../../core/roll/record.ts';
import { wakeIn } from '../../engine.ts';
import { loadParts } from '../../parts.ts';
import { actorOf, type RollContext, type Turn } from './context.ts';
import { endRoll, noteRoll, startRoll } from './operation.ts';
import { pullFirst } from './pull.ts';
import { changeRecord } from '../record.ts';
import { writeBuild } from './write.ts';

/** Milliseconds before a registry that was away is asked for the image again. */
const AGAIN_MS = 30_000;

const held = (build: ControlPlaneBuild, problem: ProblemBody, detail: string): Turn => ({
  ...{ state: 'held', build, problem, inFlight: false },
  detail: safeLine(detail),
});
const rolling = (build: ControlPlaneBuild, detail: string): Turn => ({
  ...{ state: 'rolling', build, detail, inFlight: true },
});

/** Starts a roll: looks at image and bundle first, so that nothing is touched for what this box may not follow (design §4). */
export async function startTurn(context: RollContext, build: ControlPlaneBuild): Promise<Turn> {
  const { engine, observed, own, isBusy, signal } = context;
  if (isBusy) {
    const detail = `${build.version} waits until the operation of the application is over`;
    return { state: 'held', build, detail, inFlight: false };
  }
  const refused = await lookAtImage(context, build);
  if (refused !== undefined) return held(build, refused, `${build.version} waits: ${refused.detail}`);
  const parts = await partsFor(context);
  if (!parts.ok) return held(build, parts.problem, `${build.version} waits: ${parts.problem.detail}`);
  const operation = await startRoll(engine, observed, own, build, signal);
  if (operation === undefined) {
    wakeIn(engine, 1_000);
    return rolling(build, `${build.version} is put in`);
  }
  return pullAndPutIn(context, build, operation, parts.value);
}

/** Goes on with a roll whose Deployment was not written yet: the image was looked at before its journal was made. */
export async function continueTurn(
  context: RollContext,
  build: ControlPlaneBuild,
  operation: Operation,
): Promise<Turn> {
  const parts = await partsFor(context);
  if (parts.ok) return pullAndPutIn(context, build, operation, parts.value);
  wakeIn(context.engine, AGAIN_MS);
  await noteRoll(context.engine, operation, `Waiting: ${parts.problem.detail}`, context.signal);
  return { ...rolling(build, `${build.version} waits`), problem: parts.problem };
}

type PartsFound =
  | { readonly ok: true; readonly value: ControlPlaneParts }
  | { readonly ok: false; readonly problem: ProblemBody };

async function partsFor({ engine, target, signal }: RollContext): Promise<PartsFound> {
  if (target === undefined) throw new Problem('internal.bug', 'a roll without a release');
  const { parts, problem } = await loadParts(engine, target, signal);
  if (problem !== undefined) {
    wakeIn(engine, AGAIN_MS);
    return { ok: false, problem };
  }
  return ownParts(parts);
}

function ownParts(parts: ReleaseParts | undefined): PartsFound {
  const found = parts?.controlPlane;
  if (found?.ok === true) return { ok: true, value: found.value };
  const problem = found?.problem ?? {
    code: 'release.bundle-invalid' as const,
    detail: 'the bundle of this release has no control plane',
  };
  return { ok: false, problem };
}

/** Why the image is not taken; undefined = it may be. Asked once for each digest, a registry that is away again after a while. */
async function lookAtImage(
  { engine, signal }: RollContext,
  { repository, digest, version }: ControlPlaneBuild,
): Promise<ProblemBody | undefined> {
  const { memory, ports, architecture } = engine;
  const { clock, log, registry } = ports;
  const known = memory.roll.image;
  if (known?.digest === digest) {
    const restMs = known.againAt === undefined ? undefined : known.againAt - clock.monotonic();
    if (restMs === undefined || restMs > 0) {
      if (restMs !== undefined) wakeIn(engine, restMs);
      return known.problem;
    }
  }
  try {
    const facts = await registry.imageFacts({ repository, digest }, architecture, signal);
    const verdict = acceptImage(facts, architecture);
    const problem = verdict.ok ? undefined : verdict.problem;
    memory.roll.image = { digest, problem, againAt: undefined };
    if (problem !== undefined) log.warn('control plane not taken', { version, digest, ...problem });
    return problem;
  } catch (error) {
    signal.throwIfAborted();
    const problem = problemOf(error);
    if (problem.code === 'internal.bug') throw error;
    const againMs = Math.max(AGAIN_MS, problem.retryAfterMs ?? 0);
    memory.roll.image = { digest, problem: problem.body, againAt: clock.monotonic() + againMs };
    wakeIn(engine, againMs);
    return problem.body;
  }
}

async function pullAndPutIn(
  context: RollContext,
  build: ControlPlaneBuild,
  operation: Operation,
  parts: ControlPlaneParts,
): Promise<Turn> {
  const pulled = await pullFirst(context, build, operation);
  switch (pulled.kind) {
    case 'wait':
      return rolling(build, `Control plane ${build.version}: ${pulled.now}`);
    case 'failed':
      return failedBefore(context, build, operation, pulled.reason);
    case 'go':
      return putIn(context, build, pulled.operation, parts);
  }
}

async function putIn(
  context: RollContext,
  build: ControlPlaneBuild,
  operation: Operation,
  parts: ControlPlaneParts,
): Promise<Turn> {
  const { engine, signal } = context;
  try {
    await writeBuild(context, build, parts);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Problem) || !/^cluster\.(invalid|forbidden)$/.test(error.code)) throw error;
    // Trying again would end the same.
    const { code, detail } = error;
    const said = `the platform refuses an object of ${build.version}: ${code}: ${detail}`;
    const reason: ProblemBody = { code: 'roll.not-accepted', detail: safeLine(said) };
    return failedBefore(context, build, operation, reason);
  }
  const { version, digest } = build;
  engine.ports.log.info('control plane put in', { operation: operation.metadata.name, version, digest });
  await noteRoll(engine, operation, `Put in ${version}; waiting for the platform to take it up`, signal);
  wakeIn(engine, 0);
  return rolling(build, `${version} is put in`);
}

/** It ends before anything of what runs was touched. */
async function failedBefore(
  { engine, seen, signal }: RollContext,
  build: ControlPlaneBuild,
  operation: Operation,
  reason: ProblemBody,
): Promise<Turn> {
  const failing = {
    ...{ build, reason, at: engine.ports.clock.now(), by: actorOf(engine), evidence: undefined },
    attempt: `${seen.uid}/${operation.metadata.name}`,
  };
  await changeRecord(
    engine.ports.cluster,
    engine.namespace,
    (before) => withFailure(before, failing),
    signal,
  );
  await endRoll(engine, operation, { outcome: 'failed', problem: reason, text: reason.detail }, signal);
  wakeIn(engine, 0);
  return held(build, reason, reason.detail);
}
