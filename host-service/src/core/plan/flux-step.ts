import semver from 'semver';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { FluxPin } from '../../contract/product.ts';
import { inRange, plainVersion } from '../decide/versions.ts';
import type { ObservedFlux } from './observed.ts';
import type { PlanInput } from './plan-input.ts';

export interface FluxWork {
  readonly adopt: boolean;
  readonly done: boolean;
}

/**
 * What is to be done about the delivery engine. One that is there is adopted when the release says it fits; the engine's own older one is
 * replaced by the pinned one. `waitReady`: a plan that starts something needs it ready; a running application only needs it to be there.
 * Problems: plan.kubernetes-too-old (before anything is written), apply.flux-incompatible, or why the release's parts are not at hand.
 */
export function fluxWork(
  input: Pick<PlanInput, 'observed' | 'parts' | 'partsProblem'>,
  waitReady: boolean,
): Verdict<FluxWork> {
  const { flux, kubernetes } = input.observed;
  const pin = input.parts?.flux;
  if (pin === undefined) {
    if (flux.present && (flux.ready || !waitReady)) return accept({ adopt: true, done: true });
    return input.partsProblem === undefined
      ? refuse('release.incomplete', 'the parts of the release are not at hand')
      : { ok: false, problem: input.partsProblem };
  }
  const fate = fateOf(flux, pin);
  if (fate === 'incompatible') {
    const found = flux.version ?? 'unknown';
    const detail = `version ${found} runs here; the release was made for ${pin.version} and takes ${pin.adopts}`;
    return refuse('apply.flux-incompatible', detail, 'flux');
  }
  const settled = fate === 'keep' && (flux.ready || !waitReady);
  if (!settled) {
    const platform = plainVersion(kubernetes);
    if (platform === undefined || !inRange(platform, pin.kubernetes)) {
      const detail = `the platform has version ${kubernetes}; the delivery engine needs ${pin.kubernetes}`;
      return refuse('plan.kubernetes-too-old', detail, 'flux');
    }
  }
  return accept({ adopt: fate === 'keep' && flux.version !== pin.version, done: settled });
}

/** `keep` also means: it is the right one, but not ready yet; applying the pinned manifests again then does no harm. */
function fateOf(flux: ObservedFlux, pin: FluxPin): 'install' | 'keep' | 'incompatible' {
  if (!flux.present) return 'install';
  // Ours, but only half of it: the power was cut while it was installed, or somebody removed a part.
  const { controllers } = flux;
  const isWhole = controllers === undefined || pin.controllers.every(({ name }) => controllers.has(name));
  if (flux.ours === true && !isWhole) return 'install';
  if (flux.version === pin.version) return 'keep';
  const serves = pin.serves.every((api) => flux.served.has(api));
  // Without a version only what it serves can be judged; half of an installation is completed with ours.
  if (flux.version === undefined) return serves ? 'keep' : 'install';
  if (flux.ours === true && semver.lt(flux.version, pin.version)) return 'install';
  return inRange(flux.version, pin.adopts) ? 'keep' : 'incompatible';
}
