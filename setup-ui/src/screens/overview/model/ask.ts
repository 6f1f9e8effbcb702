import type { IntentChange } from 'host-service/contract/api/intent.ts';
import type { UpdatePolicy, VerbRequest } from 'host-service/contract/appliance.ts';
import type { Digest, Version } from 'host-service/contract/names.ts';

/** A release as a person names it. */
export interface Named {
  readonly digest: Digest;
  readonly version: Version;
}

/**
 * What a person may ask for on this page. Each leads to exactly one verb of the API ({@link callOf}); opening or closing a dialog
 * leads to none.
 */
export type Ask =
  | {
      readonly kind: 'approve';
      readonly release: Named;
      readonly from?: Version;
      /** There is no way back: the version has to be typed. */
      readonly isIrreversible: boolean;
      /** It failed here before. */
      readonly isRetry: boolean;
    }
  | { readonly kind: 'retry'; readonly release: Named; readonly reason?: 'failed' | 'cancelled' }
  | {
      readonly kind: 'go-back';
      readonly release: Named;
      readonly from: Version;
    }
  | {
      readonly kind: 'cancel';
      readonly verb: 'install' | 'update';
      readonly to: Version;
      readonly from?: Version;
    }
  | { readonly kind: 'pause' | 'resume'; readonly to: Version }
  | { readonly kind: 'check-now' }
  | { readonly kind: 'retry-control-plane'; readonly version: Version }
  | { readonly kind: 'hold' }
  | { readonly kind: 'unhold' }
  | { readonly kind: 'pin'; readonly release?: Named }
  | { readonly kind: 'unpin'; readonly pin: string }
  | { readonly kind: 'change-channel' }
  | { readonly kind: 'change-policy' }
  | { readonly kind: 'open-settings' };
export type AskKind = Ask['kind'];

/** What an ask needs besides: the answers given in its dialog. */
export interface Answers {
  readonly channel?: string;
  readonly whenOlder?: 'wait' | 'go-back';
  readonly pin?: string;
  readonly policy?: Partial<UpdatePolicy>;
  readonly reason?: string;
}

export type Call =
  | { readonly route: 'intent'; readonly change: IntentChange }
  | { readonly route: 'requests'; readonly verb: VerbRequest['verb']; readonly release?: Digest };

/** The one call that an ask leads to; undefined while the dialog lacks an answer, or when the ask only moves the page. */
export function callOf(ask: Ask, answers: Answers = {}): Call | undefined {
  const reason = answers.reason?.trim();
  const intent = (change: IntentChange): Call => ({
    route: 'intent',
    change: { ...change, ...(reason === undefined || reason === '' ? {} : { reason }) },
  });
  switch (ask.kind) {
    case 'approve': {
      const { release, isIrreversible: irreversible, isRetry: retry } = ask;
      return intent({ approve: { release: release.digest, irreversible, retry } });
    }
    case 'retry':
      return { route: 'requests', verb: 'retry', release: ask.release.digest };
    case 'go-back':
      return { route: 'requests', verb: 'revert', release: ask.release.digest };
    case 'cancel':
    case 'pause':
    case 'resume':
    case 'check-now':
    case 'retry-control-plane':
      return { route: 'requests', verb: ask.kind };
    case 'hold':
      return intent({ hold: true });
    case 'unhold':
      return intent({ hold: false });
    case 'unpin':
      return intent({ pin: null });
    case 'pin': {
      const pin = ask.release?.digest ?? answers.pin;
      return pin === undefined || pin === '' ? undefined : intent({ pin });
    }
    case 'change-channel':
      return answers.channel === undefined
        ? undefined
        : intent({ channel: answers.channel, whenOlder: answers.whenOlder ?? 'wait' });
    case 'change-policy':
      return answers.policy === undefined ? undefined : intent({ updatePolicy: answers.policy });
    case 'open-settings':
      return undefined;
  }
}
