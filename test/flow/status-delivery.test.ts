import { componentHealth, type HealthInput } from 'host-service/core/status/component-health.ts';
import { isDeadHelmLock } from 'host-service/core/status/component/delivery.ts';
import { componentProblem, probesFail, terminalFailure } from 'host-service/core/status/terminal.ts';
import { describe, expect, it } from 'vitest';
import {
  CHART,
  component,
  condition,
  container,
  deployment,
  healthInput,
  helm,
  IMAGE,
  job,
  kustomization,
  OTHER,
  pod,
  release,
  waitingPod,
} from './health-world.ts';

const judge = (over: Partial<HealthInput> = {}): ReturnType<typeof componentHealth> =>
  componentHealth(healthInput(over));
const said = (over: Partial<HealthInput> = {}): string => {
  const { state, code } = judge(over);
  return code === undefined ? state : `${state} ${code}`;
};
const probed = component({ probe: { type: 'http', port: 8080 } });
const crashing = waitingPod('CrashLoopBackOff', 'back-off 10s', { restarts: 1 });
const NOT_FOUND = `failed to resolve reference "${IMAGE}": not found`;

describe('a job', () => {
  const migration = component({ name: 'migrate', kind: 'Job', gate: true });
  it.each<[string, string, Partial<HealthInput>]>([
    [
      'is ready when it is complete',
      'ready',
      { object: job({ conditions: [condition('Complete', 'True')] }) },
    ],
    [
      'failed when it gave up',
      'failed observe.component-failed',
      { object: job({ conditions: [condition('Failed', 'True', 'BackoffLimitExceeded', 'six times')] }) },
    ],
    ['runs', 'progressing', { object: job() }],
    ['runs again after a failed try', 'progressing', { object: job({ failed: 2 }), pods: [crashing] }],
    [
      'cannot be downloaded',
      'failed observe.image-pull',
      { object: job(), pods: [waitingPod('ErrImagePull', NOT_FOUND)] },
    ],
    ['is missing before it starts', 'missing observe.component-missing', { object: undefined }],
    [
      'is ready when it finished earlier and was cleared away',
      'ready',
      { object: undefined, finishedBefore: true },
    ],
    [
      'of another version proves nothing',
      'progressing observe.wrong-digest',
      { object: job({ images: [`r/web@${OTHER}`], conditions: [condition('Complete', 'True')] }) },
    ],
    ['whose name something else has is waited for', 'progressing', { object: deployment() }],
  ])('%s', (_, wanted, over) => {
    expect(said({ component: migration, pods: [], ...over })).toBe(wanted);
  });
});

describe('a HelmRelease', () => {
  const web = component({ kind: 'HelmRelease', chart: 'web', images: [] });
  const LOCK = 'another operation (install/upgrade/rollback) is in progress';
  const not = (
    reason: string,
    message = '',
    more: ReturnType<typeof condition>[] = [],
  ): Partial<HealthInput> => ({
    object: helm({ conditions: [condition('Ready', 'False', reason, message), ...more] }),
  });
  it.each<[string, string, Partial<HealthInput>]>([
    ['is ready with the pinned chart', 'ready', { object: helm() }],
    [
      'is waited for until its change is taken up',
      'progressing',
      { object: helm({ observedGeneration: 2 }) },
    ],
    ['is waited for before it says anything', 'progressing', { object: helm({ conditions: [] }) }],
    [
      'is waited for while it works',
      'progressing',
      {
        object: helm({
          conditions: [
            condition('Reconciling', 'True'),
            condition('Ready', 'Unknown', 'Progressing', "Running 'upgrade' action with timeout of 5m0s"),
          ],
        }),
      },
    ],
    [
      'is waited for while it works and still says Ready',
      'progressing',
      { object: helm({ conditions: [condition('Reconciling', 'True'), condition('Ready', 'True')] }) },
    ],
    [
      'is waited for with another chart',
      'progressing observe.wrong-digest',
      { object: helm({ lastAttemptedRevisionDigest: OTHER }) },
    ],
    [
      'is waited for when another chart is installed',
      'progressing observe.wrong-digest',
      { object: helm({ lastRelease: { status: 'deployed', ociDigest: OTHER } }) },
    ],
    [
      'is waited for before anything is installed',
      'progressing',
      { object: helm({ lastRelease: undefined }) },
    ],
    [
      'is waited for while the installation is pending',
      'progressing',
      { object: helm({ lastRelease: { status: 'pending-upgrade', ociDigest: CHART } }) },
    ],
    [
      'B-80 is waited for while it waits for another',
      'progressing',
      not('DependencyNotReady', "dependency 'alga-core' is not ready"),
    ],
    ['is waited for while its chart is fetched', 'progressing', not('ArtifactFailed', 'not ready')],
    ['failed when the installation failed', 'failed observe.release-failed', not('InstallFailed', 'boom')],
    [
      'failed when the update was rolled back, although its pods are fine',
      'failed observe.release-failed',
      not('RollbackSucceeded', 'boom'),
    ],
    [
      'failed when its retries are used up',
      'failed observe.release-failed',
      not('UpgradeFailed', 'boom', [condition('Stalled', 'True', 'RetriesExceeded', 'boom')]),
    ],
    [
      'R-41 failed when a dead installation holds the lock',
      'failed observe.release-failed',
      not('UpgradeFailed', LOCK),
    ],
    [
      'R-41 failed when nothing was ever deployed',
      'failed observe.release-failed',
      not('UpgradeFailed', '"web" has no deployed releases'),
    ],
  ])('%s', (_, wanted, over) => {
    expect(said({ component: web, pods: [], ...over })).toBe(wanted);
  });

  it('R-41 whose lock is dead is recognised, a working one is not', () => {
    expect(
      isDeadHelmLock(helm({ conditions: [condition('Released', 'False', 'UpgradeFailed', LOCK)] })),
    ).toBe(true);
    expect(
      isDeadHelmLock(
        helm({
          conditions: [
            condition('Ready', 'Unknown', 'Progressing', "Running 'install' action with timeout of 5m"),
          ],
        }),
      ),
    ).toBe(false);
    expect(isDeadHelmLock(helm())).toBe(false);
  });
});

describe('a Kustomization', () => {
  const platform = component({ kind: 'Kustomization', images: [], tier: 'platform' });
  it.each<[string, string, Partial<HealthInput>]>([
    ['is ready at the bundle of the release', 'ready', { object: kustomization() }],
    [
      'is ready with a tag before the digest',
      'ready',
      { object: kustomization({ lastAppliedRevision: `1.0.0@${release.config.digest}` }) },
    ],
    [
      'is waited for at another bundle',
      'progressing observe.wrong-digest',
      { object: kustomization({ lastAppliedRevision: OTHER }) },
    ],
    [
      'is waited for until its change is taken up',
      'progressing',
      { object: kustomization({ observedGeneration: 1 }) },
    ],
    [
      'is waited for while its parts are not healthy',
      'progressing',
      {
        object: kustomization({
          conditions: [condition('Ready', 'False', 'HealthCheckFailed', 'timeout waiting')],
        }),
      },
    ],
    [
      'B-80 is waited for while it waits for another',
      'progressing',
      {
        object: kustomization({
          conditions: [
            condition(
              'Ready',
              'False',
              'DependencyNotReady',
              "dependency 'flux-system/alga-core' is not ready",
            ),
          ],
        }),
      },
    ],
    [
      'failed when the bundle cannot be built',
      'failed observe.release-failed',
      { object: kustomization({ conditions: [condition('Ready', 'False', 'BuildFailed', 'bad yaml')] }) },
    ],
    [
      'failed when it is stalled',
      'failed observe.release-failed',
      { object: kustomization({ conditions: [condition('Stalled', 'True', 'InvalidCELExpression', 'x')] }) },
    ],
  ])('%s', (_, wanted, over) => {
    expect(said({ component: platform, pods: [], ...over })).toBe(wanted);
  });
});

describe('a failure ends the wait', () => {
  const fine = judge();
  const mute = judge({ component: probed, probe: { ok: false, detail: '500' } });
  it('R-42 at once when it will not heal', () => {
    expect(terminalFailure([fine, judge({ pods: [crashing] })], 0)).toMatchObject({
      code: 'observe.crash-loop',
      subject: 'web',
    });
    const reverted = helm({ conditions: [condition('Ready', 'False', 'RollbackSucceeded', 'boom')] });
    const chart = component({ kind: 'HelmRelease', chart: 'web' });
    expect(terminalFailure([judge({ component: chart, object: reverted })], 0)?.code).toBe(
      'observe.release-failed',
    );
  });

  it('R-11 after a grace when only its probe fails', () => {
    expect(probesFail([mute])).toBe(true);
    expect(terminalFailure([mute], 19_999)).toBeUndefined();
    expect(terminalFailure([mute], 20_000)?.code).toBe('observe.probe-failed');
    expect(terminalFailure([mute], 500, { probeGraceMs: 500 })?.code).toBe('observe.probe-failed');
  });

  it('R-13 not while the packages still carry the release before: its faults are not those of the next', () => {
    const package_ = judge({
      component: component({ kind: 'HelmRelease', chart: 'web' }),
      object: undefined,
    });
    const crashed = judge({ pods: [crashing] });
    expect(probesFail([package_, mute])).toBe(false);
    expect(terminalFailure([package_, mute, crashed], 9_999_999)).toBeUndefined();
  });

  it('not while it waits, however long', () => {
    const slow = [
      judge({ object: undefined }),
      judge({ pods: [waitingPod('ErrImagePull', 'unexpected EOF')] }),
      judge({ pods: [pod({ containers: [container({ image: 'r/web:1', imageId: `r@${OTHER}` })] })] }),
      judge({ object: deployment({ available: 0 }) }),
    ];
    expect(terminalFailure(slow, 9_999_999)).toBeUndefined();
    expect(terminalFailure([fine], 9_999_999)).toBeUndefined();
  });

  it('is told with the name that people know', () => {
    expect(componentProblem(judge({ object: undefined }))).toEqual({
      code: 'observe.component-missing',
      detail: 'Web application: it is not there yet',
      subject: 'web',
    });
    expect(componentProblem({ ...fine, state: 'failed', code: 'from the future' }).code).toBe(
      'observe.component-failed',
    );
  });
});
