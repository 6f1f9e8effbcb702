import { Appliance, APPLIANCE_NAME } from '../contract/objects.ts';
import { ApplianceStatus } from '../contract/appliance.ts';
import { GROUP_VERSION } from '../contract/names.ts';
import { Problem, type ProblemBody } from '../contract/problem.ts';
import { onlyPullsMoved, sameStatus } from '../core/status/status.ts';
import { wakeIn, type Engine } from './engine.ts';
import type { KubeObject } from './ports.ts';

const REF = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME } as const;

/**
 * The status as it lies in the cluster; undefined when there is none, or one of another version that we cannot read: then it is written
 * anew. Creates the Appliance when somebody has deleted it.
 */
export async function readPrevious(
  engine: Engine,
  signal: AbortSignal,
): Promise<ApplianceStatus | undefined> {
  const found = await engine.ports.cluster.get(REF, signal);
  if (found === undefined) await ensureAppliance(engine, signal);
  return statusIn(found);
}

/** Makes the one Appliance when it is absent; never overwrites it (design §5). */
export async function ensureAppliance(engine: Engine, signal: AbortSignal): Promise<void> {
  const { cluster, log } = engine.ports;
  if ((await cluster.get(REF, signal)) !== undefined) return;
  const { apiVersion, kind, name } = REF;
  const spec = { intent: { channel: engine.product.release.defaultChannel } };
  try {
    await cluster.create({ apiVersion, kind, metadata: { name }, spec }, signal);
    log.info('appliance created', { channel: spec.intent.channel });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
  }
}

/**
 * REPORT: writes the status when it says something new, at most once a second, bytes on their way at most every other. `urgent` is written at once: it carries what must not be lost
 * (ids of requests that were taken up).
 */
export async function report(
  engine: Engine,
  status: ApplianceStatus,
  options: { readonly urgent: boolean; readonly previous?: ApplianceStatus | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { memory, patience, ports } = engine;
  const now = ports.clock.monotonic();
  const everyMs = onlyPullsMoved(options.previous, status) ? patience.pullsMs : patience.reportMs;
  const restMs = memory.reportedAt === undefined ? 0 : memory.reportedAt + everyMs - now;
  if (restMs > 0 && !options.urgent) {
    wakeIn(engine, restMs);
    return;
  }
  for (let attempt = 1; ; attempt += 1) {
    const found = await ports.cluster.get(REF, signal);
    if (found === undefined) throw new Problem('cluster.not-found', 'the Appliance object');
    if (sameStatus(statusIn(found), status)) return;
    try {
      await ports.cluster.replaceStatus(withStatus(found, status), signal);
      memory.reportedAt = ports.clock.monotonic();
      return;
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= 5) throw error;
    }
  }
}

/**
 * Says in the status that a cycle did not come to its end, when the next one is tried, and keeps all else as it was last seen. Best
 * effort: the cluster may be what is away.
 */
export async function reportFault(engine: Engine, problem: ProblemBody, signal: AbortSignal): Promise<void> {
  try {
    const previous = await readPrevious(engine, signal);
    const now = engine.ports.clock.now().toISOString();
    const { name, version, build } = engine.identity;
    const base: ApplianceStatus = previous ?? {
      ...ApplianceStatus.parse({
        phase: 'starting',
        intentRevision: 0,
        controlPlane: { version, build, leader: name },
        updatedAt: now,
      }),
    };
    const others = base.problems.filter(({ subject }) => subject !== problem.subject);
    const problems = [problem, ...others].slice(0, 50);
    await report(engine, { ...base, problems, updatedAt: now }, { urgent: true }, signal);
  } catch (error) {
    engine.ports.log.warn('fault not reported', { error: String(error) });
  }
}

function statusIn(found: KubeObject | undefined): ApplianceStatus | undefined {
  const parsed = Appliance.safeParse(found);
  return parsed.success ? parsed.data.status : undefined;
}

const withStatus = (found: KubeObject, status: ApplianceStatus) => ({
  apiVersion: found.apiVersion,
  kind: found.kind,
  metadata: { name: found.metadata.name, resourceVersion: found.metadata.resourceVersion },
  spec: found['spec'],
  status,
});
