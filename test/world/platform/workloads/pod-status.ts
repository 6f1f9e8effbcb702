import type { WorkloadFault } from '../../ports.ts';
import { SIGN_IN } from './accounts.ts';
import { at, hashOf, listAt, numberAt, textAt, textsAt, timeOf, type Json, type Thing } from '../fields.ts';

/** What the node knows about a pod besides its object. Times in milliseconds since the epoch. */
export interface PodRun {
  readonly address: string;
  readonly hostAddress: string;
  /** When the present start began. */
  readonly begunAt: number;
  readonly restarts: number;
}

export type Stage = 'unschedulable' | 'pull-failed' | 'creating' | 'starting' | 'ready' | 'crashing' | 'done';

/** What a fault makes of the pods of the workload that it names. */
export type Trouble = Extract<WorkloadFault, { readonly workload: string }>['kind'] | 'none';

export interface StageInput {
  readonly trouble: Trouble;
  readonly run: PodRun;
  readonly startMs: number;
  readonly now: number;
  /** Pods of Jobs end well after their start. */
  readonly ends: boolean;
}

/** Where a pod stands now. */
export function stageOf({ trouble, run, startMs, now, ends }: StageInput): Stage {
  if (trouble === 'unschedulable') return 'unschedulable';
  if (trouble === 'image-pull') return 'pull-failed';
  if (trouble === 'crash') return 'crashing';
  const age = now - run.begunAt;
  if (age < startMs / 2) return 'creating';
  if (age < startMs) return 'starting';
  return ends ? 'done' : 'ready';
}

/** What the node says it runs: repository and digest; a tag gets a digest made from its name. */
export function imageIdOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const repository = name.replace(/:[^:/]+$/, '');
  return `${repository}@${digest ?? `sha256:${hashOf(image)}`}`;
}

const PULL_REFUSED = (image: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

/** Seconds that a container is reported as just failed to pull, before the node backs off. */
const FIRST_PULL_MS = 1000;

function containerState(stage: Stage, image: string, input: StageInput): Json {
  const startedAt = timeOf(new Date(input.run.begunAt + input.startMs / 2));
  switch (stage) {
    case 'unschedulable':
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'pull-failed': {
      const isFirst = input.now - input.run.begunAt < FIRST_PULL_MS;
      const cause = PULL_REFUSED(image);
      return isFirst
        ? { waiting: { reason: 'ErrImagePull', message: cause } }
        : {
            waiting: {
              reason: 'ImagePullBackOff',
              message: `Back-off pulling image "${image}": ErrImagePull: ${cause}`,
            },
          };
    }
    case 'crashing':
      return {
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' },
      };
    case 'done':
      return {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt,
          finishedAt: timeOf(new Date(input.run.begunAt + input.startMs)),
        },
      };
    default:
      return { running: { startedAt } };
  }
}

function containerStatus(stage: Stage, container: unknown, input: StageInput): Json {
  const image = textAt(container, 'image');
  const started = stage === 'ready' || stage === 'starting' || stage === 'done' || stage === 'crashing';
  const { restarts, begunAt } = input.run;
  const ended = timeOf(new Date(begunAt));
  const lost = stage === 'crashing' || restarts > 0;
  return {
    name: textAt(container, 'name'),
    image,
    imageID: started ? imageIdOf(image) : '',
    ready: stage === 'ready',
    started: stage === 'ready' || stage === 'starting',
    restartCount: restarts,
    state: containerState(stage, image, input),
    lastState: lost
      ? { terminated: { exitCode: 1, reason: 'Error', startedAt: ended, finishedAt: ended } }
      : {},
  };
}

function initStatus(stage: Stage, container: unknown, input: StageInput): Json {
  const image = textAt(container, 'image');
  const waits = stage === 'unschedulable' || stage === 'creating' || stage === 'pull-failed';
  const time = timeOf(new Date(input.run.begunAt + input.startMs / 2));
  // The first container whose image is missing holds up the rest.
  const state = waits
    ? containerState(stage === 'pull-failed' ? 'pull-failed' : 'creating', image, input)
    : { terminated: { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time } };
  return {
    name: textAt(container, 'name'),
    image,
    imageID: waits ? '' : imageIdOf(image),
    ready: !waits,
    restartCount: 0,
    state,
    lastState: {},
  };
}

const PHASES: Readonly<Record<Stage, string>> = {
  unschedulable: 'Pending',
  'pull-failed': 'Pending',
  creating: 'Pending',
  starting: 'Running',
  ready: 'Running',
  crashing: 'Running',
  done: 'Succeeded',
};

function conditions(pod: Thing, stage: Stage, now: number): readonly Json[] {
  const names = listAt(pod, 'spec', 'containers')
    .map((container) => textAt(container, 'name'))
    .join(' ');
  const notReady = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
  const isUp = stage === 'ready';
  const ended = stage === 'done' ? { reason: 'PodCompleted' } : {};
  const begun = stage === 'starting' || stage === 'ready' || stage === 'crashing' || stage === 'done';
  const wanted: readonly (Json & { type: string; status: string })[] =
    stage === 'unschedulable'
      ? [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message:
              '0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
          },
        ]
      : [
          { type: 'PodReadyToStartContainers', status: begun ? 'True' : 'False' },
          { type: 'Initialized', status: begun ? 'True' : 'False', ...ended },
          {
            type: 'Ready',
            status: isUp ? 'True' : 'False',
            ...(isUp ? {} : stage === 'done' ? ended : notReady),
          },
          {
            type: 'ContainersReady',
            status: isUp ? 'True' : 'False',
            ...(isUp ? {} : stage === 'done' ? ended : notReady),
          },
          { type: 'PodScheduled', status: 'True' },
        ];
  return wanted.map((condition) => {
    const old = listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === condition.type);
    const since = textAt(old, 'status') === condition.status ? textAt(old, 'lastTransitionTime') : '';
    return { ...condition, lastTransitionTime: since === '' ? timeOf(new Date(now)) : since };
  });
}

/** The status that the node writes for a pod. */
export function podStatusOf(pod: Thing, input: StageInput): Json {
  const stage = stageOf(input);
  const { address, hostAddress } = input.run;
  const placed = stage !== 'unschedulable';
  const addressed = placed && stage !== 'creating' && stage !== 'pull-failed';
  const startTime = textAt(pod, 'status', 'startTime') || timeOf(new Date(input.now));
  const init = listAt(pod, 'spec', 'initContainers');
  const qosClass = textAt(pod, 'status', 'qosClass');
  return {
    phase: PHASES[stage],
    // The server's own, which may not be changed.
    ...(qosClass === '' ? {} : { qosClass }),
    conditions: conditions(pod, stage, input.now),
    ...(placed ? { hostIP: hostAddress, hostIPs: [{ ip: hostAddress }], startTime } : {}),
    ...(addressed ? { podIP: address, podIPs: [{ ip: address }] } : {}),
    ...(placed && init.length > 0
      ? { initContainerStatuses: init.map((container) => initStatus(stage, container, input)) }
      : {}),
    ...(placed
      ? {
          containerStatuses: listAt(pod, 'spec', 'containers').map((container) =>
            containerStatus(stage, container, input),
          ),
        }
      : {}),
  };
}

export interface Listening {
  readonly port: number;
  readonly status: number;
  readonly body: string;
  /** People sign in here. */
  readonly isApplication: boolean;
}

/** On a pod: answers with this status instead of the one of its environment. */
export const HTTP_STATUS = 'appliance.test/http-status';

/**
 * What answers at a pod's address. A probe fault makes HTTP answer 503; where Kubernetes itself looks by TCP, there is no answer that could be bad, so
 * nothing listens.
 */
export function listeningOf(pod: Thing, stage: Stage, trouble: Trouble): readonly Listening[] {
  if (stage !== 'ready' && stage !== 'starting') return [];
  const { namespace = '', name, annotations } = pod.metadata;
  return listAt(pod, 'spec', 'containers').flatMap((container) => {
    const env = textsAt(
      Object.fromEntries(listAt(container, 'env').map((one) => [textAt(one, 'name'), textAt(one, 'value')])),
    );
    const byTcp = at(container, 'readinessProbe', 'tcpSocket') !== undefined;
    if (env['STANDIN_TCP'] === 'refuse' || (trouble === 'probe' && byTcp)) return [];
    const normal = Number(annotations?.[HTTP_STATUS] ?? env['STANDIN_HTTP_STATUS'] ?? 200);
    const status = trouble === 'probe' ? 503 : normal;
    const body = `${textAt(container, 'image')} ${namespace}/${name}\n`;
    const isApplication = at(container, 'readinessProbe', 'httpGet', 'path') === SIGN_IN;
    return listAt(container, 'ports').flatMap((port) => {
      const number = numberAt(port, 'containerPort');
      return number === undefined || (at(port, 'protocol') ?? 'TCP') !== 'TCP'
        ? []
        : [{ port: number, status, body, isApplication }];
    });
  });
}
