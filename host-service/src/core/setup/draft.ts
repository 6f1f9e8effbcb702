import { z } from 'zod';
import { isSecretType } from '../../contract/api/answer-mistake.ts';
import type { DraftChange } from '../../contract/api/setup.ts';
import { Actor, SettingValue } from '../../contract/appliance.ts';
import { Channel, Key, Timestamp } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { Product, SettingDefinition } from '../../contract/product.ts';

/** Key of Secret `appliance-draft` with all that is no secret answer. No setting can have this name: theirs begin with a letter. */
export const DRAFT_KEY = '_draft.json';

/** What was typed and is not approved yet. `null` takes away what the spec says. Read loosely: a newer control plane may have written it. */
export const DraftDocument = z.object({
  answers: z.record(Key, SettingValue.nullable()).default({}),
  channel: Channel.optional(),
  pin: z.string().min(1).max(128).nullable().optional(),
  lastChange: z.object({ ...Actor.shape, at: Timestamp }).optional(),
});
export type DraftDocument = z.infer<typeof DraftDocument>;

/** The draft in the text of its key. One that cannot be read is none: the form must open whatever lies there. */
export function readDraft(text: string | undefined): DraftDocument {
  try {
    const parsed = DraftDocument.safeParse(JSON.parse(text ?? '{}'));
    if (parsed.success) return parsed.data;
  } catch {
    // As good as none.
  }
  return { answers: {} };
}

/** A secret answer that was refused by the licence service; a new answer to the same question takes the mark away. */
export const refusalPrefix = (setting: string): string => `_refused.${setting}.`;

/** Names of the product's questions, safe to look up by a stranger's text. */
export const definitionOf = ({ settings }: Product, name: string): SettingDefinition | undefined =>
  Object.hasOwn(settings, name) ? settings[name] : undefined;

/** What a change makes of the draft. */
export interface Drafted {
  readonly document: DraftDocument;
  /** Secret answers by name; `null` = taken away. */
  readonly secrets: Readonly<Record<string, string | null>>;
}

/**
 * A change laid over the draft. An answer that breaks its question is kept, so that nothing typed is lost; what is no question of this
 * product, an open answer among the secrets and the other way round are refused by name (B-66): problem request.invalid. Values are never
 * repeated. `isOpen` says whether the spec has an answer that can still be taken away.
 */
export function draftWith(
  { product, isOpen }: { readonly product: Product; readonly isOpen: (name: string) => boolean },
  before: DraftDocument,
  change: DraftChange,
  lastChange: DraftDocument['lastChange'],
): Verdict<Drafted> {
  const { answers = {}, secrets = {}, channel, pin } = change;
  for (const [names, isSecret] of [
    [Object.keys(answers), false] as const,
    [Object.keys(secrets), true] as const,
  ]) {
    for (const name of names) {
      const wrong = misplaced(definitionOf(product, name), isSecret);
      if (wrong !== undefined)
        return refuse('request.invalid', `setting ${name} ${wrong}`, name.slice(0, 256));
    }
  }
  const { channels } = product.release;
  if (channel !== undefined && !Object.hasOwn(channels, channel)) {
    const known = Object.keys(channels).join(', ');
    return refuse('request.invalid', `there is no channel ${channel}; there are ${known}`, 'channel');
  }
  const merged = new Map(Object.entries(before.answers));
  for (const [name, value] of Object.entries(answers)) {
    if (value === null && !isOpen(name)) merged.delete(name);
    else merged.set(name, value);
  }
  const document: DraftDocument = {
    ...before,
    answers: Object.fromEntries(merged),
    ...(channel === undefined ? {} : { channel }),
    ...(pin === undefined ? {} : { pin }),
    lastChange,
  };
  return accept({ document, secrets });
}

function misplaced(definition: SettingDefinition | undefined, isSecret: boolean): string | undefined {
  if (definition === undefined) return 'is not known to this product';
  if (isSecretType(definition.type) === isSecret) return undefined;
  return isSecret ? 'is not secret and belongs among the answers' : 'is secret and belongs among the secrets';
}

/** The draft after what was moved into the spec; what somebody has changed meanwhile stays. */
export function draftWithout(present: DraftDocument, moved: DraftDocument): DraftDocument {
  const { channel, pin, ...rest } = present;
  const answers = Object.entries(present.answers).filter(
    ([name, value]) => !Object.hasOwn(moved.answers, name) || moved.answers[name] !== value,
  );
  return {
    ...rest,
    answers: Object.fromEntries(answers),
    ...(channel === undefined || channel === moved.channel ? {} : { channel }),
    ...(pin === undefined || pin === moved.pin ? {} : { pin }),
  };
}
