import { Digest } from 'host-service/contract/names.ts';
import { componentHealth, wantsProbe, type HealthInput } from 'host-service/core/status/component-health.ts';
import { describe, expect, it } from 'vitest';
import {
  component,
  condition,
  container,
  deployment,
  healthInput,
  IMAGE,
  OTHER,
  PINNED,
  pod,
  waitingPod,
} from './health-world.ts';

const judge = (over: Partial<HealthInput> = {}): ReturnType<typeof componentHealth> =>
  componentHealth(healthInput(over));
const said = (over: Partial<HealthInput> = {}): string => {
  const { state, code } = judge(over);
  return code === undefined ? state : `${state} ${code}`;
};
const probed = component({ probe: { type: 'http', port: 8080 } });
const corpse = pod({ name: 'web-2-old', phase: 'Failed', reason: 'Evicted', isReady: false });
const crashing = waitingPod('CrashLoopBackOff', 'back-off 10s', { restarts: 1 });
const NOT_FOUND = `failed to resolve reference "${IMAGE}": not found`;

describe('a workload', () => {
  it.each<[string, string, Partial<HealthInput>]>([
    ['is ready when all of it is', 'ready', {}],
    ['B-75 is missing when it is not there', 'missing observe.component-missing', { object: undefined }],
    [
      'is missing when no copy is wanted',
      'missing observe.component-missing',
      { object: deployment({ wanted: 0 }) },
    ],
    [
      'is waited for until its change is taken up',
      'progressing',
      { object: deployment({ observedGeneration: 1 }) },
    ],
    [
      'is waited for until its copies are new',
      'progressing',
      { object: deployment({ wanted: 2, updated: 1 }) },
    ],
    ['is waited for until its copies are available', 'progressing', { object: deployment({ available: 0 }) }],
    ['is waited for until the old copies are gone', 'progressing', { object: deployment({ existing: 2 }) }],
    [
      'is waited for when only old copies are ready',
      'progressing',
      { pods: [pod({ owner: { kind: 'ReplicaSet', name: 'web-1' } })] },
    ],
    [
      'is waited for until its newest template is known',
      'progressing',
      { object: deployment({ newest: undefined }) },
    ],
    ['is waited for without a ready copy', 'progressing', { pods: [pod({ isReady: false })] }],
    ['is waited for when its only copy is stopping', 'progressing', { pods: [pod({ isDeleting: true })] }],
    [
      'failed when it did not become ready in time',
      'failed observe.component-failed',
      {
        object: deployment({
          available: 0,
          conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')],
        }),
      },
    ],
    [
      'B-80 is not failed while it progresses',
      'progressing',
      {
        object: deployment({
          available: 0,
          conditions: [condition('Progressing', 'True', 'ReplicaSetUpdated')],
        }),
      },
    ],
    ['crashes', 'failed observe.crash-loop', { pods: [crashing] }],
    [
      'crashes in an init container',
      'failed observe.crash-loop',
      {
        pods: [
          pod({
            isReady: false,
            containers: [
              container({ isInit: true, ready: false, waiting: { reason: 'CrashLoopBackOff', message: '' } }),
            ],
          }),
        ],
      },
    ],
    [
      'crashes between two starts',
      'failed observe.crash-loop',
      { pods: [pod({ isReady: false, containers: [container({ ready: false, restarts: 3 })] })] },
    ],
    [
      'does not crash after two restarts',
      'progressing',
      { pods: [pod({ isReady: false, containers: [container({ ready: false, restarts: 2 })] })] },
    ],
    [
      'does not crash when it recovered from restarts',
      'ready',
      { pods: [pod({ containers: [container({ restarts: 9 })] })] },
    ],
    [
      'does not crash by an init container that ended well',
      'ready',
      {
        pods: [
          pod({
            containers: [
              container(),
              container({
                name: 'init',
                isInit: true,
                ready: false,
                restarts: 5,
                ended: { reason: 'Completed', exitCode: 0 },
              }),
            ],
          }),
        ],
      },
    ],
    [
      'does not crash by an old revision that does',
      'ready',
      { pods: [pod(), { ...crashing, owner: { kind: 'ReplicaSet', name: 'web-1' } }] },
    ],
    [
      'cannot be downloaded',
      'failed observe.image-pull',
      { pods: [waitingPod('ImagePullBackOff', NOT_FOUND)] },
    ],
    [
      'has an image name that is wrong',
      'failed observe.image-pull',
      { pods: [waitingPod('InvalidImageName')] },
    ],
    [
      'is being downloaded again',
      'progressing observe.image-pull',
      { pods: [waitingPod('ErrImagePull', 'dial tcp 1.2.3.4:443: i/o timeout')] },
    ],
    [
      'is being downloaded for a reason unknown',
      'progressing observe.image-pull',
      { pods: [waitingPod('ImagePullBackOff', 'Back-off pulling image')] },
    ],
    ['B-80 is being created', 'progressing', { pods: [waitingPod('ContainerCreating')] }],
    [
      'waits for its settings',
      'progressing',
      { pods: [waitingPod('CreateContainerConfigError', 'secret "x" not found')] },
    ],
    [
      'has no place to run',
      'progressing',
      {
        pods: [
          pod({
            isReady: false,
            phase: 'Pending',
            conditions: [condition('PodScheduled', 'False', 'Unschedulable', 'no memory')],
          }),
        ],
      },
    ],
    [
      'B-92 is ready among evicted corpses',
      'ready',
      { pods: [...Array.from({ length: 20 }, () => corpse), pod()] },
    ],
    [
      'B-92 is ready beside a corpse that crashed',
      'ready',
      { pods: [{ ...crashing, phase: 'Failed' }, pod()] },
    ],
    [
      'is found by its label when it is a StatefulSet',
      'ready',
      {
        object: deployment({
          kind: 'StatefulSet',
          newest: { label: 'controller-revision-hash', value: 'w-2' },
        }),
        pods: [
          pod({ owner: { kind: 'StatefulSet', name: 'web' }, labels: { 'controller-revision-hash': 'w-2' } }),
        ],
      },
    ],
    [
      'is waited for when its StatefulSet pod is old',
      'progressing',
      {
        object: deployment({
          kind: 'StatefulSet',
          newest: { label: 'controller-revision-hash', value: 'w-2' },
        }),
        pods: [pod({ labels: { 'controller-revision-hash': 'w-1' } })],
      },
    ],
  ])('%s', (_, wanted, over) => {
    expect(said(over)).toBe(wanted);
  });

  it('tells the cause in the pods rather than the symptom', () => {
    const late = deployment({
      available: 0,
      conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')],
    });
    expect(said({ object: late, pods: [crashing] })).toBe('failed observe.crash-loop');
    expect(
      judge({
        object: late,
        pods: [waitingPod('CrashLoopBackOff', '', { ended: { reason: 'Error', exitCode: 3 } })],
      }).detail,
    ).toContain('exit code 3');
  });
});

describe('the digest that runs', () => {
  const by = (image: string, imageId: string, equivalents: HealthInput['equivalents'] = new Map()): string =>
    said({ pods: [pod({ containers: [container({ image, imageId })] })], equivalents });
  const child = Digest.parse(`sha256:${'c'.repeat(64)}`);
  const known = new Map([[PINNED, new Set([child])]]);

  it.each([
    ['is asked for by digest, and the node says nothing', IMAGE, '', undefined, 'ready'],
    ['is asked for by digest, and the node says the same', IMAGE, `r/web@${PINNED}`, undefined, 'ready'],
    [
      'is asked for by digest, and the node names a child that we cannot know',
      IMAGE,
      `sha256:${'c'.repeat(64)}`,
      undefined,
      'ready',
    ],
    ['is asked for by digest, and the node names a known child', IMAGE, `r/web@${child}`, known, 'ready'],
    [
      'is asked for by digest, and the node names none of the known',
      IMAGE,
      `r/web@${OTHER}`,
      known,
      'progressing observe.wrong-digest',
    ],
    ['is asked for by tag, and the node says it', 'r/web:abc', `r/web@${PINNED}`, undefined, 'ready'],
    ['is asked for by tag, and the node names a known child', 'r/web:abc', child, known, 'ready'],
    [
      'is asked for by tag, and the node says nothing',
      'r/web:abc',
      '',
      undefined,
      'progressing observe.wrong-digest',
    ],
    [
      'is asked for by tag, and the node says another',
      'r/web:abc',
      `r/web@${OTHER}`,
      undefined,
      'progressing observe.wrong-digest',
    ],
    ['is another one', `r/web@${OTHER}`, '', undefined, 'progressing observe.wrong-digest'],
  ])('R-04 counts when it %s', (_, image, imageId, equivalents, wanted) => {
    expect(by(image, imageId, equivalents)).toBe(wanted);
  });

  it('must be in every ready copy, and is named with its key', () => {
    const two = [pod(), pod({ name: 'web-2-b', containers: [container({ image: `r/web@${OTHER}` })] })];
    expect(
      said({ object: deployment({ wanted: 2, existing: 2, updated: 2, available: 2 }), pods: two }),
    ).toBe('progressing observe.wrong-digest');
    expect(judge()).toMatchObject({ digests: { web: PINNED }, pods: ['web-2-a'] });
  });

  it('may be in any of the containers', () => {
    const sidecar = container({ name: 'proxy', image: 'r/proxy:1' });
    expect(said({ pods: [pod({ containers: [sidecar, container()] })] })).toBe('ready');
  });
});

describe('a probe', () => {
  it.each<[string, string, Partial<HealthInput>]>([
    ['is waited for', 'progressing', {}],
    ['that passes makes it ready', 'ready', { probe: { ok: true, detail: '200' } }],
    [
      'R-11 that fails is told although all pods are ready',
      'progressing observe.probe-failed',
      { probe: { ok: false, detail: '500' } },
    ],
    [
      'does not hide a crash',
      'failed observe.crash-loop',
      { probe: { ok: false, detail: 'refused' }, pods: [crashing] },
    ],
  ])('%s', (_, wanted, over) => {
    expect(said({ component: probed, ...over })).toBe(wanted);
  });

  it('is asked only when all else is ready', () => {
    expect(wantsProbe(healthInput({ component: probed }))).toBe(true);
    expect(wantsProbe(healthInput())).toBe(false);
    expect(wantsProbe(healthInput({ component: probed, pods: [pod({ isReady: false })] }))).toBe(false);
  });
});
