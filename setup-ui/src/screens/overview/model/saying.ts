import type { MessageKey } from '../../../words/keys.ts';

export type SayingValues = Readonly<Record<string, string | number>>;

/** A sentence before it is translated: derivations make them, components say them with `t(key, values)`. */
export interface Saying {
  readonly key: MessageKey;
  readonly values?: SayingValues;
}

export const saying = (key: MessageKey, values?: SayingValues): Saying =>
  values === undefined ? { key } : { key, values };
