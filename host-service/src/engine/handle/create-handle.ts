import type { Accepted, IntentChange } from '../../contract/api/intent.ts';
import { requestChecks } from '../checks/change.ts';
import { checksView } from '../checks/view.ts';
import type { Engine } from '../engine.ts';
import { changeNetwork, previewNetwork } from '../network/change.ts';
import { tryHost } from '../network/try-host.ts';
import { networkView } from '../network/view.ts';
import { requestVerb } from '../verbs.ts';
import { actorWith, writeChange } from './change.ts';
import type { Handle, Who } from './handle.ts';
import { createLive } from './live.ts';
import { operationDetail, operationsView } from './operations.ts';
import { previewIntent } from './preview/preview.ts';
import { releasesView } from './releases.ts';
import { approveDraft, changeDraft, previewSetup } from '../setup/change.ts';
import { createChannelCards } from '../setup/channels.ts';
import { setupView } from '../setup/setup.ts';
import type { HandleOptions, Setting } from './setting.ts';
import { thinkOf } from './preview/thought.ts';
import { createBell } from './wake-up.ts';

/** The engine as API and command line see it, on every replica. */
export function createHandle(engine: Engine, options: HandleOptions): Handle {
  const setting: Setting = { ...options, engine, parsed: new Map() };
  const { cluster, build, wake } = options;
  const { clock, log } = engine.ports;
  const cards = createChannelCards(setting);
  return {
    live: createLive({ cluster, clock, log, product: engine.product, build }),
    changeIntent: (change, who, signal) => changeIntent(setting, change, who, signal),
    previewIntent: (change, who, signal) => previewIntent(setting, change, who, signal),
    request: async ({ reason, ...body }, who, signal) => {
      const at = clock.now().toISOString();
      const accepted = await requestVerb(cluster, { ...body, at, actor: actorWith(who, reason) }, signal);
      wake.wake('urgent');
      return accepted;
    },
    releases: (signal) => releasesView(setting, signal),
    setup: (host, signal) => setupView(setting, cards, { host }, signal),
    changeSetup: (draft, who, signal) => changeDraft(setting, draft, who, signal),
    approveSetup: (approval, who, signal) => approveDraft(setting, approval, who, signal),
    previewSetup: (approval, who, signal) => previewSetup(setting, approval, who, signal),
    checks: (signal) => checksView(setting, signal),
    runChecks: (request, who, signal) => requestChecks(setting, request, who, signal),
    network: (signal) => networkView(setting, signal),
    changeNetwork: (change, who, signal) => changeNetwork(setting, change, who, signal),
    previewNetwork: (change, who, signal) => previewNetwork(setting, change, who, signal),
    testNetwork: (request, signal) => tryHost(setting, request, signal),
    operations: (signal) => operationsView(cluster, signal),
    operation: (name, signal) => operationDetail(cluster, name, signal),
    wake: createBell(setting),
  };
}

/** A release that is approved together with the way to it may not be stored here yet: then that way is looked at once more. */
async function changeIntent(
  setting: Setting,
  change: IntentChange,
  who: Who,
  signal: AbortSignal,
): Promise<Accepted> {
  const way: IntentChange = { ...change, approve: undefined, secrets: undefined };
  const leadsElsewhere = change.channel !== undefined || typeof change.pin === 'string';
  const elsewhere = async () => (await thinkOf(setting, way, who, signal)).engine.ports.cluster;
  const accepted = await writeChange(setting, change, who, signal, leadsElsewhere ? elsewhere : undefined);
  setting.wake.wake('urgent');
  return accepted;
}
