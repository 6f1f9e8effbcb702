import type { IntentChange } from 'host-service/contract/api/intent.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { SetupQuestion } from 'host-service/contract/api/setup.ts';
import type { SettingDefinition } from 'host-service/contract/product.ts';
import type { MessageKey } from '../../../words/keys.ts';

/** A question of the product with what is known of its answer. */
export interface FieldFacts {
  readonly key: string;
  readonly type: SettingDefinition['type'];
  /** In the product's own words. */
  readonly title: string;
  readonly help?: string;
  readonly isRequired: boolean;
  /** Its answer is written and never read back. */
  readonly isSecret: boolean;
  readonly stored: string;
  readonly choices: readonly string[];
  readonly maxLength: number;
  /** It was answered before the installation and stays. */
  readonly isFixed: boolean;
  /** The box says that it is missing or cannot be used. */
  readonly isNamed: boolean;
  /** Where the answer comes from; undefined while the box has not said it. */
  readonly source: SetupQuestion['source'] | undefined;
}

const SECRET: ReadonlySet<SettingDefinition['type']> = new Set(['password', 'secret', 'file']);

/** All questions in the product's order, without secrets that cannot be changed any more. */
export function fieldsOf(
  view: StatusView,
  sources: ReadonlyMap<string, Pick<SetupQuestion, 'source'>> = new Map(),
): readonly FieldFacts[] {
  const named = new Set((view.status?.problems ?? []).filter(isAboutSettings).map(({ subject }) => subject));
  const isInstalled = view.status?.running !== undefined;
  const fields = Object.entries(view.questions).map(([key, question]): FieldFacts => {
    const value = view.settings[key];
    return {
      key,
      type: question.type,
      title: question.title,
      isRequired: question.required,
      isSecret: SECRET.has(question.type),
      stored: value === undefined ? (question.default ?? '') : String(value),
      choices: question.choices ?? [],
      maxLength: question.maxLength,
      isFixed: isInstalled && !question.editable,
      isNamed: named.has(key),
      source: sources.get(key)?.source,
      ...(question.help === undefined ? {} : { help: question.help }),
    };
  });
  return fields.filter(({ isFixed, isSecret }) => !(isFixed && isSecret));
}

const isAboutSettings = ({ code }: { readonly code: string }): boolean =>
  code === 'plan.settings-missing' || code === 'plan.settings-invalid';

/** Whether the page is asked to show the questions by itself: the box cannot go on without answers. */
export const needsAnswers = (view: StatusView): boolean =>
  (view.status?.problems ?? []).some(isAboutSettings);

/** What was typed and not yet stored, by question. It outlives failures and live updates. */
export type Draft = Readonly<Record<string, string>>;

export const valueOf = (field: FieldFacts, draft: Draft): string =>
  draft[field.key] ?? (field.isSecret ? '' : field.stored);

/** What is wrong with an answer, as far as the page can know; the box judges again. */
export function mistakeOf(field: FieldFacts, value: string): MessageKey | undefined {
  const text = value.trim();
  if (text === '') {
    // A stored secret is not read back, so an empty field may well be answered.
    return field.isRequired && !field.isSecret ? 'overview.settings.empty' : undefined;
  }
  if (text.length > field.maxLength) return 'overview.settings.too-long';
  if (field.type === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return 'overview.settings.no-email';
  if (field.type === 'url' && !isWebAddress(text)) return 'overview.settings.no-url';
  return undefined;
}

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '';
}

/** The questions whose answers have mistakes. */
export function mistakesOf(fields: readonly FieldFacts[], draft: Draft): ReadonlyMap<string, MessageKey> {
  return new Map(
    fields
      .filter(({ isFixed }) => !isFixed)
      .flatMap((field) => {
        const mistake = mistakeOf(field, valueOf(field, draft));
        return mistake === undefined ? [] : [[field.key, mistake] as const];
      }),
  );
}

/** The change that stores what was typed; undefined when nothing differs from what is stored. */
export function changeOf(fields: readonly FieldFacts[], draft: Draft): IntentChange | undefined {
  const settings: Record<string, string | null> = {};
  const secrets: Record<string, string> = {};
  for (const field of fields) {
    const typed = draft[field.key];
    if (typed === undefined || field.isFixed) continue;
    // Blanks can belong to a password; elsewhere they come from copying.
    const text = field.type === 'password' ? typed : typed.trim();
    if (field.isSecret) {
      if (text !== '') secrets[field.key] = text;
    } else if (text !== field.stored) settings[field.key] = text === '' ? null : text;
  }
  const hasSettings = Object.keys(settings).length > 0;
  const hasSecrets = Object.keys(secrets).length > 0;
  if (!hasSettings && !hasSecrets) return undefined;
  return { ...(hasSettings ? { settings } : {}), ...(hasSecrets ? { secrets } : {}) };
}
