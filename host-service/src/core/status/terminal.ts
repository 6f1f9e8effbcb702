import type { ComponentHealth } from '../../contract/appliance.ts';
import { ProblemCode, safeLine, type ProblemBody } from '../../contract/problem.ts';

/** How long a probe may fail in a row, with all pods ready, before the wait ends. Milliseconds. */
export const PROBE_GRACE_MS = 20_000;

/** Faults that waiting does not heal. `observe.probe-failed` joins them after the grace. */
const TERMINAL: ReadonlySet<string> = new Set([
  'observe.component-failed',
  'observe.crash-loop',
  'observe.image-pull',
  'observe.release-failed',
]);

const DELIVERY: ReadonlySet<string> = new Set(['Kustomization', 'HelmRelease']);
const isDelivery = ({ kind }: ComponentHealth): boolean => DELIVERY.has(kind);

/**
 * Whether every package and bundle has taken the release up. Before that the workloads are still those of the release that ran here:
 * their faults say nothing about this one, least of all when it is there to mend them.
 */
function isDelivered(components: readonly ComponentHealth[]): boolean {
  return components.filter(isDelivery).every(({ state }) => state === 'ready');
}

/**
 * The first component that will not become healthy by waiting: it ends the wait at once. `elapsedMs`: for how long
 * {@link probesFail} has held in a row, as the caller has recorded it. undefined = go on waiting.
 */
export function terminalFailure(
  components: readonly ComponentHealth[],
  elapsedMs: number,
  options: { readonly probeGraceMs?: number } = {},
): ProblemBody | undefined {
  const grace = options.probeGraceMs ?? PROBE_GRACE_MS;
  const judged = isDelivered(components) ? components : components.filter(isDelivery);
  const dead = judged.find(({ state, code }) => state === 'failed' && TERMINAL.has(code ?? ''));
  const mute = judged.find((component) => probeFails(component) && elapsedMs >= grace);
  const component = dead ?? mute;
  return component === undefined ? undefined : componentProblem(component);
}

/** Whether the release is delivered and a component of it has all pods ready while its probe fails: the caller counts for how long. */
export function probesFail(components: readonly ComponentHealth[]): boolean {
  return isDelivered(components) && components.some(probeFails);
}

const probeFails = ({ code }: ComponentHealth): boolean => code === 'observe.probe-failed';

/** A component that is not ready, as a problem with the component's name as subject. */
export function componentProblem(component: ComponentHealth): ProblemBody {
  const code = ProblemCode.safeParse(component.code);
  const fallback =
    component.state === 'missing' ? 'observe.component-missing' : ('observe.component-failed' as const);
  return {
    code: code.success ? code.data : fallback,
    detail: safeLine(`${component.title}: ${component.detail}`),
    subject: component.name,
  };
}
