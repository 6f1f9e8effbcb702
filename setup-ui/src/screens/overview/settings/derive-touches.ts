import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import { saying, type Saying } from '../model/saying.ts';
import type { FieldFacts } from './derive-fields.ts';

/** One changed answer in words. */
export interface Touched {
  readonly key: string;
  readonly title: string;
  /** What it was and what it becomes; a secret is neither. */
  readonly change: Saying;
  readonly says: readonly Saying[];
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

function changeOf({ from, to }: IntentPreview['changes'][number], isSecret: boolean): Saying {
  if (isSecret) return saying('overview.settings.confirm.secret');
  if (to === undefined) return saying('overview.settings.confirm.removed', { from: textOf(from) });
  if (from === undefined) return saying('overview.settings.confirm.new', { to: textOf(to) });
  return saying('overview.settings.confirm.change', { from: textOf(from), to: textOf(to) });
}

/** What saving would change and touch, question by question, as the box has foretold it. */
export const touchedOf = (preview: IntentPreview, fields: readonly FieldFacts[]): readonly Touched[] =>
  preview.changes.flatMap((change) => {
    const [, kind, key] = /^(settings|secrets)\.(.+)$/.exec(change.path) ?? [];
    if (key === undefined) return [];
    const touch = preview.touches.find(({ setting }) => setting === key);
    const { restarts = [], readBy = [] } = touch ?? {};
    const says = [
      ...(restarts.length === 0
        ? []
        : [saying('overview.settings.touch.restarts', { parts: restarts.join(', ') })]),
      ...(readBy.length === 0 ? [] : [saying('overview.settings.touch.read', { parts: readBy.join(', ') })]),
    ];
    return [
      {
        key,
        title: fields.find((field) => field.key === key)?.title ?? key,
        change: changeOf(change, kind === 'secrets'),
        says: says.length === 0 ? [saying('overview.settings.touch.none')] : says,
      },
    ];
  });
