import { z } from 'zod';
import type { SetupView } from '../../contract/api/setup.ts';
import { hostFactsOf } from '../../contract/host/facts.ts';
import { safeLine } from '../../contract/problem.ts';
import { refusalIn, refusalKeyOf, registrationOf } from '../../core/setup/registered.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { Setting } from '../handle/setting.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import type { ChannelCards } from './channels.ts';
import { hasBegun, isDone, questionsIn, readSetup, type SetupSight } from './read.ts';

/** Host name under which somebody has reached this box; undefined where it is not known. */
export interface Reached {
  readonly host: string | undefined;
}

/** The draft as it lies on the server, the same for every device (R-08). Problems cluster.*. */
export async function setupView(
  setting: Setting,
  cards: ChannelCards,
  { host }: Reached,
  signal: AbortSignal,
): Promise<SetupView> {
  const { engine, cluster } = setting;
  const { product } = engine;
  const [sight, hosts] = await Promise.all([
    readSetup(engine, cluster, signal),
    observeHosts(cluster, signal),
  ]);
  const { appliance, draft, draftSecret } = sight;
  const { spec, status } = appliance;
  const { intent } = spec;
  const chosen = draft.channel ?? intent.channel ?? product.release.defaultChannel;
  const pin = draft.pin === undefined ? intent.pin : (draft.pin ?? undefined);
  const questions = questionsIn(engine, sight, proposalsOf(setting, host, hosts));
  const { lastChange } = draft;
  return {
    revision: draftSecret.revision,
    state: isDone(status) ? 'done' : hasBegun(engine, sight) ? 'begun' : 'draft',
    questions: [...questions],
    channels: [...(await cards(chosen, status?.channel?.checkedAt, signal))],
    ...(pin === undefined ? {} : { pin }),
    profile: spec.profile ?? product.defaultProfile,
    registration: registrationIn(setting, sight),
    isComplete: questions.every(({ mistake }) => mistake === undefined),
    ...(lastChange === undefined
      ? {}
      : { lastChange: { by: lastChange.by, via: lastChange.via, at: lastChange.at } }),
  };
}

function registrationIn(
  { engine }: Setting,
  { appliance, draftSecret, own }: SetupSight,
): SetupView['registration'] {
  const setting = engine.product.registration?.code;
  if (setting === undefined) return { state: 'none' };
  const code = refusalIn(Object.keys(draftSecret.texts), setting);
  const detail = code === undefined ? '' : safeLine(draftSecret.texts[refusalKeyOf(setting, code)] ?? '');
  const { operation } = appliance.status ?? {};
  return registrationOf({
    own,
    code: draftSecret.texts[setting],
    refusal: code === undefined ? undefined : { code, detail },
    isAsking: operation?.outcome === 'running' && operation.step === 'register',
  });
}

/** So many addresses are proposed. */
const PROPOSALS = 4;

/**
 * Where the application would be (B-33): under the name by which this page was reached, then under the addresses that the hosts of this box have
 * on their way out. The port is that of the sign-in.
 */
function proposalsOf(
  { engine }: Setting,
  reached: string | undefined,
  hosts: readonly ObservedHost[],
): readonly string[] {
  const own = hosts.flatMap(({ status }) => hostFactsOf(status?.facts).address ?? []);
  const names = [...(reached === undefined ? [] : [reached]), ...own.filter((text) => isAddress(text))];
  return [...new Set(names.flatMap((name) => addressAt(engine, name)))].slice(0, PROPOSALS);
}

const isAddress = (text: string): boolean => z.union([z.ipv4(), z.ipv6()]).safeParse(text).success;

function addressAt(engine: Setting['engine'], host: string): readonly string[] {
  const login = engine.product.components.find(({ tier, probe }) => tier === 'login' && probe !== undefined);
  const port = login?.probe?.port;
  const text = `http://${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
  return URL.canParse(text) ? [text] : [];
}
