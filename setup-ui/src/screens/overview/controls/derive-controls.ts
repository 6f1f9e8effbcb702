import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Ask, AskKind } from '../model/ask.ts';
import { channelTitle, wantedChannel } from '../model/facts.ts';
import { gateOf, type Standing } from '../model/gates.ts';
import { goBackAsk, retryAsk } from '../model/offers.ts';
import { saying, type Saying } from '../model/saying.ts';

/** One thing that can be set or asked for: what is true now, and the way to change it. */
export interface Control {
  readonly kind: AskKind;
  /** Absent when there is nothing that could be asked for; then `gate` says why. */
  readonly ask?: Ask;
  readonly title: Saying;
  /** How it is set now. */
  readonly now: Saying;
  /** Why it cannot be changed now. */
  readonly gate?: Saying;
}

/** The controls of the page; those that make no sense now are left out, except for what a person would look for. */
export function controlsOf(
  view: StatusView,
  releases: readonly ReleaseView[],
  standing: Standing,
): readonly Control[] {
  return [
    channel(view),
    policy(view),
    hold(view),
    pin(view, releases),
    goBack(view, releases),
    retry(view),
  ].map((entry) => {
    const gate = entry.gate ?? (entry.ask === undefined ? undefined : gateOf(entry.ask, view, standing));
    return { ...entry, ...(gate === undefined ? {} : { gate }) };
  });
}

function channel(view: StatusView): Control {
  const title = channelTitle(view, wantedChannel(view));
  return {
    kind: 'change-channel',
    ask: { kind: 'change-channel' },
    title: saying('overview.control.change-channel'),
    now: saying('overview.control.channel-now', { channel: title }),
  };
}

function policy({ updatePolicy }: StatusView): Control {
  return {
    kind: 'change-policy',
    ask: { kind: 'change-policy' },
    title: saying('overview.control.change-policy'),
    now: saying(`overview.policy.update-${updatePolicy.update}`),
  };
}

function hold({ intent }: StatusView): Control {
  return intent.hold
    ? {
        kind: 'unhold',
        ask: { kind: 'unhold' },
        title: saying('overview.control.unhold'),
        now: saying('overview.control.hold-now'),
      }
    : {
        kind: 'hold',
        ask: { kind: 'hold' },
        title: saying('overview.control.hold'),
        now: saying('overview.control.unhold-now'),
      };
}

function pin({ intent }: StatusView, releases: readonly ReleaseView[]): Control {
  if (intent.pin === undefined) {
    return {
      kind: 'pin',
      ask: { kind: 'pin' },
      title: saying('overview.control.pin'),
      now: saying('overview.control.unpin-now'),
    };
  }
  const name = pinnedName(intent.pin, releases);
  return {
    kind: 'unpin',
    ask: { kind: 'unpin', pin: name },
    title: saying('overview.control.unpin'),
    now: saying('overview.control.pin-now', { release: name }),
  };
}

/** A pin as people read it: the version of the release if it is known, else the short digest. */
export function pinnedName(pin: string, releases: readonly ReleaseView[]): string {
  const known = releases.find(({ digest, ociDigest }) => digest === pin || ociDigest === pin);
  return known?.version ?? (pin.startsWith('sha256:') ? pin.slice(7, 19) : pin);
}

function goBack(view: StatusView, releases: readonly ReleaseView[]): Control {
  const ask = goBackAsk(view, releases);
  const title = saying('overview.control.go-back');
  if (ask !== undefined) {
    return {
      kind: 'go-back',
      ask,
      title,
      now: saying('overview.control.go-back-now', { version: ask.release.version }),
    };
  }
  const { running } = view.status ?? {};
  return {
    kind: 'go-back',
    title,
    now: saying('overview.control.go-back-none'),
    gate: saying(running === undefined ? 'overview.gate.nothing-runs' : 'overview.gate.no-way-back'),
  };
}

function retry(view: StatusView): Control {
  const ask = retryAsk(view);
  const title = saying('overview.control.retry');
  return ask === undefined
    ? {
        kind: 'retry',
        title,
        now: saying('overview.control.retry-none'),
        gate: saying('overview.gate.nothing-failed'),
      }
    : {
        kind: 'retry',
        ask,
        title,
        now: saying('overview.control.retry-now', { version: ask.release.version }),
      };
}
