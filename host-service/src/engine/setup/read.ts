import type { ApplianceStatus } from '../../contract/appliance.ts';
import type { Appliance } from '../../contract/objects.ts';
import { DRAFT_SECRET } from '../../core/plan/settings-step.ts';
import { DRAFT_KEY, readDraft, type DraftDocument } from '../../core/setup/draft.ts';
import { questionsOf, type AnswerFacts } from '../../core/setup/questions.ts';
import { codeMarkOf, OWN_SECRETS, registeredIn, fieldsIn } from '../../core/setup/registered.ts';
import { isHeldIn, registeredFieldsOf, usesOf } from '../../core/setup/uses.ts';
import { settingsProblem } from '../../core/values/settings.ts';
import type { Engine } from '../engine.ts';
import type { Cluster } from '../ports.ts';
import { readAppliance } from '../verbs.ts';
import { ownSecret, readTexts, textsOf, type SecretTexts } from './secret-texts.ts';

/** All that setup knows, secrets in the clear among it: it stays inside of this folder. */
export interface SetupSight {
  readonly appliance: Appliance;
  readonly draftSecret: SecretTexts;
  readonly draft: DraftDocument;
  /** Texts of Secret `appliance-secrets`. */
  readonly own: SecretTexts['texts'];
  /** Texts of the product's Secrets by `<namespace>/<name>`. */
  readonly held: ReadonlyMap<string, SecretTexts['texts']>;
}

/** Reads everything about setup at once. Problems cluster.*. */
export async function readSetup(
  { product, namespace }: Pick<Engine, 'product' | 'namespace'>,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<SetupSight> {
  const [appliance, draftSecret, own, ...held] = await Promise.all([
    readAppliance(cluster, signal),
    readTexts(cluster, ownSecret(DRAFT_SECRET, namespace), signal),
    readTexts(cluster, ownSecret(OWN_SECRETS, namespace), signal),
    ...product.secrets.map(async ({ namespace: place, name }) => {
      const found = await cluster.get(ownSecret(name, place), signal);
      return [`${place}/${name}`, textsOf(found)] as const;
    }),
  ]);
  const draft = readDraft(draftSecret.texts[DRAFT_KEY]);
  return { appliance, draftSecret, draft, own: own.texts, held: new Map(held) };
}

/** Whether something works on this box: setup is over. */
export const isDone = (status: ApplianceStatus | undefined): boolean => status?.lastGood !== undefined;

/** What is known of answers, for the questions. */
export function answerFactsOf(
  { product }: Pick<Engine, 'product'>,
  { appliance, draft, draftSecret, own, held }: SetupSight,
  proposals: readonly string[] = [],
): AnswerFacts {
  const { settings } = appliance.spec;
  const registered = registeredIn(own);
  const fields = fieldsIn(own);
  const keysOf = (secret: string): ReadonlySet<string> => new Set(Object.keys(held.get(secret) ?? {}));
  const isHeld = (name: string): boolean => isHeldIn(product, keysOf, name);
  const isCode = (name: string): boolean => name === product.registration?.code;
  return {
    ...{ product, settings, draft, proposals, isHeld },
    secrets: draftSecret.texts,
    isFixed: (name) => {
      if (isCode(name) && registered !== undefined) return true;
      const isOnce = product.settings[name]?.editable === false;
      return isOnce && (isHeld(name) || isDone(appliance.status));
    },
    isUsed: (name, text) =>
      isCode(name) && registered !== undefined
        ? registered.code === codeMarkOf(text)
        : usesOf(product, name).every(({ secret, key }) => held.get(secret)?.[key] === text),
    isRegistered: (name) =>
      (isCode(name) && registered !== undefined) ||
      registeredFieldsOf(product, name).some((field) => fields[field] !== undefined),
  };
}

/** The questions as everybody may see them. */
export const questionsIn = (
  engine: Pick<Engine, 'product'>,
  sight: SetupSight,
  proposals?: readonly string[],
): ReturnType<typeof questionsOf> => questionsOf(answerFactsOf(engine, sight, proposals));

/** Whether the plan was approved: something is under way or was, or nothing that was approved keeps the box from beginning. */
export function hasBegun({ product }: Pick<Engine, 'product'>, sight: SetupSight): boolean {
  const { spec, status } = sight.appliance;
  if (status?.operation !== undefined || spec.intent.approvedRelease !== undefined) return true;
  if (spec.updatePolicy.install !== 'auto') return false;
  const { draftSecret, held } = sight;
  const keysOf = (secret: string): ReadonlySet<string> => new Set(Object.keys(held.get(secret) ?? {}));
  const isAnswered = (name: string): boolean =>
    draftSecret.texts[name] !== undefined || isHeldIn(product, keysOf, name);
  return settingsProblem(product, spec.settings, isAnswered) === undefined;
}
