import type { SetupView } from '../../contract/api/setup.ts';
import { safeLine } from '../../contract/problem.ts';
import { refusalIn, refusalKeyOf, registrationOf } from '../../core/setup/registered.ts';
import type { Setting } from '../handle/setting.ts';
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
  const sight = await readSetup(engine, cluster, signal);
  const { appliance, draft, draftSecret } = sight;
  const { spec, status } = appliance;
  const { intent } = spec;
  const chosen = draft.channel ?? intent.channel ?? product.release.defaultChannel;
  const pin = draft.pin === undefined ? intent.pin : (draft.pin ?? undefined);
  const questions = questionsIn(engine, sight, proposalsOf(setting, host));
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

/** Where the application would be under the name by which this page was reached: its port is that of the sign-in. */
function proposalsOf({ engine }: Setting, host: string | undefined): readonly string[] {
  if (host === undefined) return [];
  const login = engine.product.components.find(({ tier, probe }) => tier === 'login' && probe !== undefined);
  const port = login?.probe?.port;
  const text = `http://${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
  return URL.canParse(text) ? [text] : [];
}
