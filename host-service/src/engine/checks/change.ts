import type { CheckRequest, ChecksView } from '../../contract/api/checks.ts';
import { AcceptedRisk, type CheckResult } from '../../contract/checks.ts';
import { Problem } from '../../contract/problem.ts';
import { checkOf } from '../../core/checks/table.ts';
import type { Who } from '../handle/handle.ts';
import type { Setting } from '../handle/setting.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import { changeRisks } from '../verbs.ts';
import { changeHost } from './ask-endpoints.ts';
import { checksView } from './view.ts';

/** As many as the contract lets stand. */
const MAX_RISKS = 32;
/** Tries to leave a mark on a host that writes about itself in the same moment. */
const TRIES = 5;

/**
 * Measures again, or takes or gives back the risk of one failed check; answers the checks as they stand then. Problems request.invalid (no such check,
 * none that has failed, none whose risk may be taken), cluster.*.
 */
export async function requestChecks(
  setting: Setting,
  request: CheckRequest,
  who: Who,
  signal: AbortSignal,
): Promise<ChecksView> {
  const { check, action } = request;
  if (check !== undefined && checkOf(check) === undefined)
    throw new Problem('request.invalid', `there is no check ${check}`);
  if (action === 'run') await measureAgain(setting, signal);
  else await changeAccepted(setting, request, who, signal);
  return checksView(setting, signal);
}

/** A mark on each host; its program measures all of it, because that is cheap and no fact is older than another one. */
async function measureAgain({ cluster, engine, wake }: Setting, signal: AbortSignal): Promise<void> {
  const { clock, log } = engine.ports;
  const id = Buffer.from(engine.random.bytes(8)).toString('hex');
  const at = clock.now().toISOString();
  for (const { name } of await observeHosts(cluster, signal)) {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      if (await changeHost(cluster, name, { measure: { id, at } }, signal)) break;
      if (tries === TRIES) log.warn('a host was not asked to measure again', { host: name });
    }
  }
  wake.wake('urgent');
}

async function changeAccepted(
  setting: Setting,
  { action, check, subject, reason }: CheckRequest,
  { actor }: Who,
  signal: AbortSignal,
): Promise<void> {
  if (check === undefined) throw new Problem('request.invalid', 'which check is not said');
  const isSame = (one: { readonly check: string; readonly subject?: string | undefined }): boolean =>
    one.check === check && one.subject === subject;
  const { cluster, engine, wake } = setting;
  const { clock, log } = engine.ports;
  if (action === 'refuse') {
    await changeRisks(cluster, (risks) => risks.filter((one) => !isSame(one)), signal);
  } else {
    const { checks } = await checksView(setting, signal);
    mustBeAcceptable(checks, check, subject);
    const at = clock.now().toISOString();
    const said = reason ?? actor.reason;
    const risk = AcceptedRisk.parse({
      ...{ check, by: actor.by, at },
      ...(subject === undefined ? {} : { subject }),
      ...(said === undefined ? {} : { reason: said }),
    });
    const others = (risks: readonly AcceptedRisk[]) => risks.filter((one) => !isSame(one));
    await changeRisks(cluster, (risks) => [...others(risks).slice(1 - MAX_RISKS), risk], signal);
  }
  log.info('risk of a check', { action, check, subject, by: actor.by, via: actor.via });
  wake.wake('urgent');
}

/** @throws Problem request.invalid */
function mustBeAcceptable(checks: readonly CheckResult[], id: string, subject: string | undefined): void {
  const found = checks.find((one) => one.id === id && one.subject === subject);
  const name = subject === undefined ? id : `${id} (${subject})`;
  if (found === undefined) throw new Problem('request.invalid', `there is no check ${name}`);
  if (found.state !== 'failed')
    throw new Problem('request.invalid', `${name} has not failed, so there is no risk to take`);
  if (!found.mayAccept) throw new Problem('request.invalid', `the risk of ${name} cannot be taken`);
}
