import type { PlanDescription } from '../../contract/api/plan.ts';
import type { Version } from '../../contract/names.ts';
import { safeLine } from '../../contract/problem.ts';
import { leadsBack } from '../decide/versions.ts';
import { plannedPulls } from '../images/plan-pulls.ts';
import { stepTimes } from '../status/operation-summary.ts';
import type { KnownRelease } from './observed.ts';
import type { PlanInput } from './plan-input.ts';
import type { Plan, Step } from './step.ts';

/** Disk of a box as its host reports it, in bytes. */
export interface DiskFacts {
  readonly total: number;
  readonly free: number;
}

type Input = Pick<PlanInput, 'observed' | 'product' | 'parts' | 'registryOf'> & {
  readonly disk?: DiskFacts | undefined;
};
interface Objects {
  readonly creates: string[];
  readonly changes: string[];
  readonly removes: string[];
}

/** Says what a plan would do, in objects, bytes, hosts and sentences. */
export function describePlan(plan: Plan, input: Input): PlanDescription {
  const empty = {
    steps: [],
    creates: [],
    changes: [],
    removes: [],
    pullBytes: 0,
    pulls: [],
    irreversible: [],
    hosts: [],
  };
  if (plan.kind === 'nothing') return { kind: 'nothing', ...empty };
  if (plan.kind === 'blocked') return { kind: 'blocked', problem: plan.problem, ...empty };
  const target = input.observed.releases.get(plan.to.digest);
  const running = plan.from === undefined ? undefined : input.observed.releases.get(plan.from.digest);
  const objects: Objects = { creates: [], changes: [], removes: [] };
  for (const step of plan.steps) if (!step.done) addObjects(step, input, objects);
  const moves = plan.steps.some((step) => isPointing(step) && !step.done);
  const { hosts = [] } = input.observed;
  const all = target === undefined || !moves ? [] : plannedPulls(target.release, running?.release, hosts);
  const pulls = all.filter(({ isPresent }) => !isPresent);
  const pullBytes = bytesOf(pulls);
  return {
    kind: 'steps',
    verb: plan.verb,
    ...(plan.from === undefined ? {} : { from: plan.from }),
    to: plan.to,
    steps: plan.steps.map((step) => ({
      kind: step.kind,
      done: step.done,
      text: sentence(step, plan.to.version),
    })),
    ...objects,
    pullBytes,
    ...(all.length === pulls.length ? {} : { presentBytes: bytesOf(all) - pullBytes }),
    pulls: all.map(({ what, digest, bytes, isPresent }) => ({
      ...{ what, digest, bytes },
      ...(isPresent ? { present: true } : {}),
    })),
    irreversible: moves ? [...irreversible(target, running)] : [],
    hosts: [
      ...new Set([
        ...pulls.map(({ repository }) => input.registryOf(repository).host),
        ...licenceHosts(plan.steps, input),
      ]),
    ].sort(),
    timeMs: timeOf(plan.steps, input),
    ...(input.disk === undefined ? {} : { disk: diskAfter(input.disk, pullBytes) }),
  };
}

const bytesOf = (pulls: readonly { readonly bytes: number }[]): number =>
  pulls.reduce((sum, { bytes }) => sum + bytes, 0);

/** The licence service is asked only when there is a code to redeem. */
function licenceHosts(steps: readonly Step[], { product }: Input): readonly string[] {
  const isAsked = steps.some(({ kind, done }) => kind === 'register' && !done);
  return isAsked && product.registration !== undefined ? [new URL(product.registration.url).host] : [];
}

/** What is outstanding takes as long as its steps: one after the other (E-05). */
function timeOf(
  steps: readonly Step[],
  { observed }: Input,
): { readonly usual: number; readonly worst: number } {
  const times = steps.filter(({ done }) => !done).map(({ kind }) => stepTimes(kind, observed.operations));
  return {
    usual: times.reduce((sum, { usualMs }) => sum + usualMs, 0),
    worst: times.reduce((sum, { worstMs }) => sum + worstMs, 0),
  };
}

/** Free space moves all the time; said in steps of 100 MB, so that a status is not new because of it. */
const DISK_STEP = 100_000_000;

function diskAfter({ total, free }: DiskFacts, pullBytes: number): NonNullable<PlanDescription['disk']> {
  const freeNow = Math.min(total, Math.floor(free / DISK_STEP) * DISK_STEP);
  return { total, freeNow, freeAfter: freeNow - pullBytes };
}

const isPointing = ({ kind }: Step): boolean => kind === 'point-source' || kind === 'revert';

function addObjects(step: Step, { observed, product, parts }: Input, objects: Objects): void {
  const { name, namespace } = product.flux;
  switch (step.kind) {
    case 'install-flux':
      if (!step.adopt) objects.creates.push(...(parts?.fluxManifests ?? []).map(nameOf));
      return;
    case 'write-settings': {
      objects.creates.push(...step.namespaces.map((one) => `Namespace ${one}`));
      for (const one of step.secrets) {
        (observed.secretKeys.has(one) ? objects.changes : objects.creates).push(`Secret ${one}`);
      }
      const written = componentsIn(step.values.keys());
      const present = componentsIn(observed.valuesKeys.keys());
      for (const component of written) {
        const list = present.has(component) ? objects.changes : objects.creates;
        list.push(`ConfigMap ${product.values.namespace}/${product.values.prefix}${component}`);
      }
      return;
    }
    case 'point-source':
    case 'revert': {
      const { source } = observed;
      (source === undefined ? objects.creates : objects.changes).push(`OCIRepository ${namespace}/${name}`);
      const root = source?.kustomization === undefined ? objects.creates : objects.changes;
      root.push(`Kustomization ${namespace}/${name}`);
      return;
    }
    case 'prune':
      objects.removes.push(
        ...step.releases.map(
          (digest) => `Release ${observed.releases.get(digest)?.release.version ?? digest}`,
        ),
        ...step.operations.map((one) => `Operation ${one}`),
      );
      return;
    default:
      return;
  }
}

const componentsIn = (names: Iterable<string>): ReadonlySet<string> =>
  new Set([...names].map((name) => name.slice(0, name.indexOf('/'))));

function nameOf(manifest: Readonly<Record<string, unknown>>): string {
  const { kind, metadata } = manifest;
  const member = (key: string): string => {
    const found: unknown =
      typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, key) : undefined;
    return typeof found === 'string' ? found : '';
  };
  const place = member('namespace') === '' ? member('name') : `${member('namespace')}/${member('name')}`;
  return safeLine(`${typeof kind === 'string' ? kind : 'Object'} ${place}`);
}

function irreversible(
  target: KnownRelease | undefined,
  running: KnownRelease | undefined,
): readonly string[] {
  if (target === undefined || running === undefined) return [];
  const { version } = running.release;
  return leadsBack(target.release, version)
    ? []
    : [`From release ${target.release.version} there is no way back to ${version}.`];
}

function sentence(step: Step, version: Version): string {
  switch (step.kind) {
    case 'register':
      return step.skipped ?? 'Redeem the install code';
    case 'prepare-storage':
      return 'Check the storage with a trial write';
    case 'pull-images':
      return `Fetch the images of ${version} ahead`;
    case 'install-flux':
      return step.adopt ? 'Use the delivery engine that is there' : 'Install the delivery engine';
    case 'write-settings':
      return `Write the settings of this box for ${version}`;
    case 'point-source':
      return `Switch to release ${version}`;
    case 'migrate':
      return `Prepare the data for ${version}`;
    case 'wait-components':
      return 'Wait until all parts work';
    case 'confirm':
      return `Record that ${version} is good`;
    case 'revert':
      return `Go back to release ${version}`;
    case 'prune':
      return 'Tidy up what is not needed any more';
  }
}
