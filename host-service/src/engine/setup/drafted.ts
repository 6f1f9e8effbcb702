import type { Appliance } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import { DRAFT_KEY, readDraft } from '../../core/setup/draft.ts';
import { within } from '../handle/deadline.ts';
import { thinkOf } from '../handle/preview/thought.ts';
import type { Setting } from '../handle/setting.ts';
import type { Drafted, DraftedLook } from './drafted-look.ts';
import { isDone } from './read.ts';
import { ownSecret, readTexts } from './secret-texts.ts';

/** How long a look counts, in milliseconds: one that found a release, and one that did not. */
const FRESH_MS = { found: 60_000, none: 10_000 } as const;
/** So long somebody waits for a look, in milliseconds; it goes on behind. */
const PATIENT_MS = 3_000;
/** Longest look in milliseconds. */
const LOOK_MS = 20_000;
const NOT_YET: Drafted = { release: undefined, channel: undefined };

/**
 * The release that the draft of the setup names where it is another one than is wanted by now: another channel or pin that nobody has approved
 * yet. undefined = the draft names nothing else, or setup is over. Nothing of the look remains in the cluster. Problems cluster.*.
 */
export async function draftedRelease(
  setting: Setting,
  { spec, status }: Pick<Appliance, 'spec' | 'status'>,
  signal: AbortSignal,
): Promise<Drafted | undefined> {
  const { engine, cluster } = setting;
  const { memory, namespace, product, ports } = engine;
  if (isDone(status)) return forget(setting);
  const { texts } = await readTexts(cluster, ownSecret(DRAFT_SECRET, namespace), signal);
  const draft = readDraft(texts[DRAFT_KEY]);
  const followed = spec.intent.channel ?? product.release.defaultChannel;
  const channel = draft.channel ?? followed;
  const pin = draft.pin === undefined ? spec.intent.pin : (draft.pin ?? undefined);
  if (channel === followed && pin === spec.intent.pin) return forget(setting);
  const key = JSON.stringify([channel, pin ?? null]);
  const before = memory.drafted?.key === key ? memory.drafted : undefined;
  const isFresh = before !== undefined && ports.clock.monotonic() < before.until;
  const entry = isFresh ? before : begin(setting, { key, channel, pin }, before?.said);
  const over = new AbortController();
  const late = ports.clock.sleep(PATIENT_MS, AbortSignal.any([signal, over.signal])).catch(() => undefined);
  try {
    return (await Promise.race([entry.look, late])) ?? entry.said ?? NOT_YET;
  } finally {
    over.abort();
  }
}

function forget({ engine }: Setting): undefined {
  engine.memory.drafted = undefined;
}

function begin(
  setting: Setting,
  wanted: { readonly key: string; readonly channel: string; readonly pin: string | undefined },
  known: Drafted | undefined,
): DraftedLook {
  const { memory, ports } = setting.engine;
  const look = lookFor(setting, wanted.channel, wanted.pin);
  const entry: DraftedLook = {
    ...{ key: wanted.key, look, said: known },
    until: ports.clock.monotonic() + LOOK_MS,
  };
  memory.drafted = entry;
  void look.then((said) => {
    const isNews = said.release?.digest !== known?.release?.digest;
    entry.said = said;
    entry.until = ports.clock.monotonic() + (said.release === undefined ? FRESH_MS.none : FRESH_MS.found);
    // Hosts are told which addresses it needs, so that they are measured before anything is approved.
    if (isNews) setting.wake.wake('urgent');
  });
  return entry;
}

/** One look, in thought. Never rejects. */
async function lookFor(setting: Setting, channel: string, pin: string | undefined): Promise<Drafted> {
  const who = { actor: { by: 'setup', via: 'engine' } } as const;
  const late = new Problem('registry.timeout', `no answer within ${LOOK_MS} ms`);
  const { ports } = setting.engine;
  const never = new AbortController().signal;
  try {
    return await within(ports.clock, { ms: LOOK_MS, late }, never, async (signal) => {
      const { resolution, observed } = await thinkOf(setting, { channel, pin: pin ?? null }, who, signal);
      const { answer } = resolution;
      const release = answer.kind === 'resolved' ? observed.releases.get(answer.digest) : undefined;
      return { release, channel: resolution.channel };
    });
  } catch (error) {
    if (!(error instanceof Problem))
      ports.log.error('the release of the draft was not looked for', { reason: String(error) });
    return NOT_YET;
  }
}
