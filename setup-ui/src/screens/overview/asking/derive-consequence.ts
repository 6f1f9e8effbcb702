import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Ask } from '../model/ask.ts';
import { saying, type Saying } from '../model/saying.ts';

/** What a dialog says before something is done: the question, what follows, and the word on the button (E-19). */
export interface Consequence {
  readonly title: Saying;
  readonly sentences: readonly Saying[];
  readonly confirm: Saying;
  /** Says the way out when "cancel" could be taken for the deed. */
  readonly keep?: Saying;
  readonly isDangerous: boolean;
  /** Must be typed: only where there is no way back. */
  readonly typed?: string;
}
export type DialogAsk = Exclude<Ask, { kind: 'check-now' | 'open-settings' }>;

/** Whether an ask has a dialog; the others act at once and change nothing that matters. */
export const hasDialog = (ask: Ask): ask is DialogAsk =>
  ask.kind !== 'check-now' && ask.kind !== 'open-settings';

/** The consequence of an ask, in words. */
export function consequenceOf(ask: DialogAsk, view: StatusView): Consequence {
  switch (ask.kind) {
    case 'approve':
      return approve(ask, view);
    case 'retry':
      return {
        ...named('retry', { version: ask.release.version }),
        sentences: [
          saying(`overview.dialog.retry.${ask.reason ?? 'failed'}`, { version: ask.release.version }),
          ...heldToo(view),
        ],
      };
    case 'retry-control-plane': {
      const { version } = ask;
      const say = (what: 'does' | 'fails' | 'untouched') =>
        saying(`overview.dialog.retry-control-plane.${what}`, { version });
      return {
        ...named('retry-control-plane', { version }),
        sentences: [say('does'), say('fails'), say('untouched'), ...heldToo(view)],
      };
    }
    case 'go-back':
      return goBack(ask);
    case 'cancel':
      return cancel(ask);
    case 'pause':
    case 'resume':
      return pauseOrResume(ask, view);
    case 'pin':
      return pin(ask);
    case 'unpin':
      return {
        ...named('unpin'),
        sentences: [saying('overview.dialog.unpin.does', { pin: ask.pin }), ...heldToo(view)],
      };
    case 'hold':
    case 'unhold':
    case 'change-policy':
      return { ...named(ask.kind), sentences: [saying(`overview.dialog.${ask.kind}.does`)] };
    case 'change-channel':
      return { ...named('change-channel'), sentences: [] };
  }
}

type Named = Exclude<DialogAsk['kind'], 'cancel'>;
const named = (kind: Named, values: Record<string, string> = {}): Omit<Consequence, 'sentences'> => ({
  title: saying(`overview.dialog.${kind}.title`, values),
  confirm: saying(`overview.dialog.${kind}.confirm`, values),
  isDangerous: false,
});

const heldToo = ({ intent }: StatusView): readonly Saying[] =>
  intent.hold ? [saying('overview.dialog.approve.held')] : [];

function approve(ask: Extract<Ask, { kind: 'approve' }>, view: StatusView): Consequence {
  const { version } = ask.release;
  const again = ask.isRetry ? [saying('overview.dialog.approve.again')] : [];
  if (ask.from === undefined) {
    return {
      title: saying('overview.dialog.approve.title-first', { version }),
      confirm: saying('overview.dialog.approve.confirm-first', { version }),
      sentences: [
        saying('overview.dialog.approve.does-first', { version }),
        saying('overview.dialog.approve.fails-first'),
        ...again,
        ...heldToo(view),
      ],
      isDangerous: false,
    };
  }
  const values = { version, from: ask.from };
  const after = ask.isIrreversible ? 'one-way' : 'fails';
  return {
    title: saying('overview.dialog.approve.title', { version }),
    confirm: saying(`overview.dialog.approve.${ask.isIrreversible ? 'confirm-one-way' : 'confirm'}`, {
      version,
    }),
    sentences: [
      saying('overview.dialog.approve.does', values),
      saying(`overview.dialog.approve.${after}`, values),
      ...again,
      ...heldToo(view),
    ],
    isDangerous: ask.isIrreversible,
    ...(ask.isIrreversible ? { typed: version } : {}),
  };
}

function goBack({ release, from }: Extract<Ask, { kind: 'go-back' }>): Consequence {
  const values = { version: release.version, from };
  return {
    ...named('go-back', { version: release.version }),
    sentences: [
      saying('overview.dialog.go-back.does', values),
      saying('overview.dialog.go-back.closed'),
      saying('overview.dialog.go-back.aside', { from }),
    ],
  };
}

/** Each of them says what becomes of what is under way, so that pausing is not taken for cancelling. */
function pauseOrResume(
  { kind, to }: Extract<Ask, { kind: 'pause' | 'resume' }>,
  view: StatusView,
): Consequence {
  const isSwitched = view.status?.running?.version === to;
  return {
    ...named(kind, { to }),
    sentences: [
      saying(`overview.dialog.${kind}.does`),
      ...(kind === 'resume'
        ? []
        : [
            saying(`overview.dialog.pause.${isSwitched ? 'switched' : 'stays'}`),
            saying('overview.dialog.pause.until'),
          ]),
    ],
  };
}

function cancel({ verb, to, from }: Extract<Ask, { kind: 'cancel' }>): Consequence {
  return {
    title: saying(`overview.dialog.cancel.title-${verb}`, { to }),
    confirm: saying(`overview.dialog.cancel.confirm-${verb}`),
    keep: saying('overview.dialog.cancel.keep'),
    sentences: [
      saying('overview.dialog.cancel.does'),
      ...(from === undefined || verb === 'install' ? [] : [saying('overview.dialog.cancel.back', { from })]),
      saying('overview.dialog.cancel.aside', { to }),
    ],
    isDangerous: true,
  };
}

function pin({ release }: Extract<Ask, { kind: 'pin' }>): Consequence {
  const sentences = [saying('overview.dialog.pin.does'), saying('overview.dialog.pin.rules')];
  return release === undefined
    ? { ...named('pin'), sentences }
    : {
        ...named('pin'),
        title: saying('overview.dialog.pin.title-this', { version: release.version }),
        sentences,
      };
}
