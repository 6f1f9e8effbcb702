import type { Accepted, IntentChange, IntentPreview } from '../../contract/api/intent.ts';
import type { DraftChange, SetupApproval } from '../../contract/api/setup.ts';
import type { Actor } from '../../contract/appliance.ts';
import { Problem } from '../../contract/problem.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import {
  definitionOf,
  DRAFT_KEY,
  draftWith,
  draftWithout,
  readDraft,
  type DraftDocument,
} from '../../core/setup/draft.ts';
import { withReplaceMarks } from '../../core/setup/replace.ts';
import { mistakeWords } from '../../core/values/settings.ts';
import { withAnswers } from '../answers.ts';
import { readReleases } from '../observe/own.ts';
import { writeChange } from '../handle/change.ts';
import { previewIntent } from '../handle/preview/preview.ts';
import { thinkOf } from '../handle/preview/thought.ts';
import type { Drafter } from '../handle/handle.ts';
import type { Setting } from '../handle/setting.ts';
import { answerFactsOf, isDone, questionsIn, readSetup, type SetupSight } from './read.ts';
import { changeTexts, ownSecret, writeTexts } from './secret-texts.ts';

/** Longest draft in characters, all secrets together: a Secret holds 1 MiB. */
const DRAFT_CAP = 600_000;

/**
 * Changes the draft if it still is at the revision that was looked at: another device has changed it else, and both have to be seen together.
 * Problems request.conflict, request.invalid, request.too-large, cluster.*.
 */
export async function changeDraft(
  { engine, cluster }: Setting,
  change: DraftChange,
  { actor, expected }: Drafter,
  signal: AbortSignal,
): Promise<void> {
  const { product, namespace } = engine;
  const sight = await readSetup(engine, cluster, signal);
  requireDraft(sight, expected);
  const { settings } = sight.appliance.spec;
  const { isFixed } = answerFactsOf(engine, sight);
  const isOpen = (name: string): boolean => Object.hasOwn(settings, name) && !isFixed(name);
  const at = engine.ports.clock.now().toISOString();
  const drafted = draftWith({ product, isOpen }, sight.draft, change, { ...actor, at });
  if (!drafted.ok) throw new Problem(drafted.problem.code, drafted.problem.detail);
  const { document, secrets } = drafted.value;
  const answered = withAnswers(sight.draftSecret.texts, secrets);
  const keysOf = (secret: string): ReadonlySet<string> => new Set(Object.keys(sight.held.get(secret) ?? {}));
  // After an installation that has failed a Secret may have the former answer.
  const marked = withReplaceMarks(product, keysOf, answered, Object.keys(secrets));
  const texts = { ...marked, [DRAFT_KEY]: JSON.stringify(document) };
  const size = Object.values(texts).reduce((sum, text) => sum + text.length, 0);
  if (size > DRAFT_CAP) throw new Problem('request.too-large', `a draft has at most ${DRAFT_CAP} characters`);
  try {
    await writeTexts(cluster, ownSecret(DRAFT_SECRET, namespace), texts, sight.draftSecret.revision, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
    throw new Problem('request.conflict', 'the draft was changed at the same time', { cause: error });
  }
}

function requireDraft({ appliance, draftSecret }: SetupSight, expected: string | undefined): void {
  if (expected !== undefined && expected !== draftSecret.revision) {
    throw new Problem(
      'request.conflict',
      `the draft is at revision ${draftSecret.revision}, not ${expected}`,
    );
  }
  if (isDone(appliance.status)) {
    throw new Problem('request.invalid', 'setup is over: settings are changed by the intent from now on');
  }
}

/** The draft as a change of what is wanted; answers to questions that the product does not ask any more stay behind. */
function changeOf(
  { engine }: Setting,
  { draft }: SetupSight,
  { release, reason }: SetupApproval,
): IntentChange {
  const answers = Object.entries(draft.answers).filter(
    ([name]) => definitionOf(engine.product, name) !== undefined,
  );
  return {
    settings: Object.fromEntries(answers),
    ...(draft.channel === undefined ? {} : { channel: draft.channel }),
    ...(draft.pin === undefined ? {} : { pin: draft.pin }),
    ...(release === undefined ? {} : { approve: { release, irreversible: false, retry: false } }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What approving the draft would lead to. Problems as of a preview. */
export async function previewSetup(
  setting: Setting,
  approval: SetupApproval,
  { actor, expected }: Drafter,
  signal: AbortSignal,
): Promise<IntentPreview> {
  const sight = await readSetup(setting.engine, setting.cluster, signal);
  requireDraft(sight, expected);
  return previewIntent(setting, changeOf(setting, sight, approval), { actor }, signal);
}

/**
 * Makes the draft what is wanted: open answers, channel, pin and the approval go into the spec in one write; then they leave the draft. Repeated,
 * also after a crash between the two, it comes to the same end. Problems plan.settings-missing, plan.settings-invalid, request.conflict (the
 * draft or the release is another one than was looked at), and those of a change of the intent.
 */
export async function approveDraft(
  setting: Setting,
  approval: SetupApproval,
  { actor, expected }: Drafter,
  signal: AbortSignal,
): Promise<Accepted> {
  const { engine, cluster } = setting;
  const sight = await readSetup(engine, cluster, signal);
  requireDraft(sight, expected);
  requireComplete(setting, sight);
  const release = await seenRelease(setting, sight, approval, actor, signal);
  const change = changeOf(setting, sight, { ...approval, release });
  const elsewhere = async () =>
    (await thinkOf(setting, { ...change, approve: undefined }, { actor }, signal)).engine.ports.cluster;
  const accepted = await writeChange({ engine, cluster }, change, { actor }, signal, elsewhere);
  await forgetMoved(setting, sight.draft, signal);
  setting.wake.wake('urgent');
  return accepted;
}

function requireComplete({ engine }: Setting, sight: SetupSight): void {
  const wrong = questionsIn(engine, sight).filter(({ mistake }) => mistake !== undefined);
  const missing = wrong.filter(({ mistake }) => mistake === 'missing').map(({ name }) => name);
  const [bad] = wrong.filter(({ mistake }) => mistake !== 'missing');
  if (bad?.mistake !== undefined)
    throw new Problem('plan.settings-invalid', `setting ${bad.name} ${mistakeWords(bad.mistake, bad)}`);
  if (missing.length > 0)
    throw new Problem('plan.settings-missing', `settings without a value: ${missing.join(', ')}`);
}

/**
 * The release to approve. What the person has seen must still be what would be installed; where nobody has named one and installing waits for
 * approval, it is the one that is offered. Problem request.conflict.
 */
async function seenRelease(
  setting: Setting,
  sight: SetupSight,
  approval: SetupApproval,
  actor: Actor,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { release } = approval;
  const { install } = sight.appliance.spec.updatePolicy;
  if (release === undefined && install === 'auto') return undefined;
  const way = changeOf(setting, sight, { ...approval, release: undefined });
  const { target, available } = await previewIntent(setting, way, { actor }, signal);
  const now = target ?? available;
  if (release === undefined) return now?.digest;
  if (now === undefined || release === now.digest || release === now.version) return release;
  const named = await isSameRelease(setting, release, now.digest, signal);
  if (named) return release;
  throw new Problem('request.conflict', `the release is ${now.version} by now: look at the plan again`);
}

/** Whether a release goes by the digest of its OCI manifest. */
async function isSameRelease(
  { cluster, parsed }: Setting,
  name: string,
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { value } = await readReleases(cluster, parsed, signal);
  return [...value.values()].some((known) => known.digest === digest && known.object.spec.ociDigest === name);
}

async function forgetMoved(
  { engine, cluster }: Setting,
  moved: DraftDocument,
  signal: AbortSignal,
): Promise<void> {
  const ref = ownSecret(DRAFT_SECRET, engine.namespace);
  await changeTexts(
    cluster,
    ref,
    (texts) => {
      const present = readDraft(texts[DRAFT_KEY]);
      const left = JSON.stringify(draftWithout(present, moved));
      return left === texts[DRAFT_KEY] || texts[DRAFT_KEY] === undefined
        ? undefined
        : { ...texts, [DRAFT_KEY]: left };
    },
    signal,
  );
}
