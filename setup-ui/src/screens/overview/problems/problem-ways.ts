import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ProblemBody, ProblemCode } from 'host-service/contract/problem.ts';
import type { MessageKey } from '../../../words/keys.ts';
import type { NetworkSection } from '../../network/model/address.ts';
import { controlPlaneOf } from '../control-plane/derive-control-plane.ts';
import type { Ask } from '../model/ask.ts';
import { approveAsk, goBackAsk, retryAsk } from '../model/offers.ts';

/** What resolves a problem here: something to ask the box for, or the reason why there is no button. */
export type Way =
  | {
      readonly act:
        | 'approve'
        | 'retry'
        | 'go-back'
        | 'check-now'
        | 'unhold'
        | 'open-settings'
        | 'change-channel'
        | 'retry-control-plane';
    }
  | { readonly why: MessageKey };

const CHECK = { act: 'check-now' } as const;
const ROLL = { act: 'retry-control-plane' } as const;
const RETRY = { act: 'retry' } as const;
const AT_CONSOLE = { why: 'overview.way.console' } as const;
const AT_DOOR = { why: 'overview.way.door' } as const;
const OTHER_RELEASE = { act: 'change-channel' } as const;

/**
 * Problems whose next actor is the operator -> what he can do about them on this page. A test holds the rows equal to those of the contract's
 * table, which itself is too large for a page.
 */
export const OPERATOR_WAYS: Readonly<Partial<Record<ProblemCode, Way>>> = {
  'registry.credentials-stale': CHECK,
  'registry.denied': CHECK,
  'registry.dns': CHECK,
  'registry.proxy': CHECK,
  'registry.tls': CHECK,
  'release.incompatible': OTHER_RELEASE,
  'release.not-allowed': { why: 'overview.way.trust' },
  'release.quarantined': RETRY,
  'release.too-new': { why: 'overview.way.control-plane' },
  'release.withdrawn': { act: 'approve' },
  'release.wrong-product': { why: 'overview.way.trust' },
  'plan.approval-needed': { act: 'approve' },
  'plan.checks-failed': { why: 'overview.way.checks' },
  'plan.held': { act: 'unhold' },
  'plan.irreversible': { act: 'approve' },
  'plan.no-way-back': RETRY,
  'plan.nothing-to-revert': { why: 'overview.way.nothing-changed' },
  'plan.settings-missing': { act: 'open-settings' },
  'plan.settings-invalid': { act: 'open-settings' },
  'plan.kubernetes-too-old': { why: 'overview.way.box-update' },
  'register.code-expired': { act: 'open-settings' },
  'register.code-invalid': { act: 'open-settings' },
  'register.code-used': { act: 'open-settings' },
  'apply.flux-incompatible': { why: 'overview.way.support' },
  'apply.step-timeout': RETRY,
  'apply.cancelled': RETRY,
  'observe.image-pull': { why: 'overview.way.keeps-trying' },
  'pull.no-space': { why: 'overview.way.keeps-trying' },
  'pull.refused': { why: 'overview.way.keeps-trying' },
  'config.invalid': AT_CONSOLE,
  'config.unreadable': AT_CONSOLE,
  'network.authority': { why: 'overview.way.nothing-changed' },
  'network.host-unknown': { why: 'overview.way.nothing-changed' },
  'network.incomplete': { why: 'overview.way.nothing-changed' },
  'storage.write-failed': RETRY,
  'request.conflict': { why: 'overview.way.repeat' },
  'request.media-type': { why: 'overview.way.program' },
  'request.method': { why: 'overview.way.program' },
  'request.not-found': { why: 'overview.way.program' },
  'request.precondition': { why: 'overview.way.repeat' },
  'request.rate-limited': { why: 'overview.way.repeat' },
  'request.too-large': { why: 'overview.way.program' },
  'request.invalid': { why: 'overview.way.nothing-changed' },
  'session.already-claimed': AT_DOOR,
  'session.code-wrong': AT_DOOR,
  'session.denied': { why: 'overview.way.admin' },
  'session.locked': AT_DOOR,
  'session.login-failed': AT_DOOR,
  'session.not-claimed': AT_DOOR,
  'session.password-weak': AT_DOOR,
  'session.required': AT_DOOR,
  'session.wrong-origin': AT_DOOR,
  'roll.no-room': ROLL,
  'roll.quarantined': ROLL,
  'boot.clock': AT_CONSOLE,
  'webhook.not-configured': { why: 'overview.way.program' },
};

/** Problems of others where looking or trying again helps all the same. */
export const OTHER_WAYS: Readonly<Partial<Record<ProblemCode, Way>>> = {
  'registry.connect': CHECK,
  'registry.damaged': CHECK,
  'registry.outage': CHECK,
  'registry.timeout': CHECK,
  'registry.rate-limited': CHECK,
  'registry.not-found': CHECK,
  'apply.flux-failed': RETRY,
  'apply.migration-failed': RETRY,
  'roll.crashed': ROLL,
  'roll.image-missing': ROLL,
  'roll.never-ready': ROLL,
  'roll.objects-unreadable': ROLL,
  'roll.out-of-memory': ROLL,
  'roll.silent': ROLL,
  'observe.component-failed': { act: 'go-back' },
  'observe.crash-loop': { act: 'go-back' },
  'observe.probe-failed': { act: 'go-back' },
  'observe.release-failed': { act: 'go-back' },
};
const WAYS: Readonly<Partial<Record<ProblemCode, Way>>> = { ...OPERATOR_WAYS, ...OTHER_WAYS };

/** Problems on the way to other hosts -> the part of the network page where they are mended. */
const NETWORK_PLACES: Readonly<Partial<Record<ProblemCode, NetworkSection>>> = {
  'registry.connect': 'proxy',
  'registry.credentials-stale': 'hosts',
  'registry.denied': 'hosts',
  'registry.dns': 'resolvers',
  'registry.proxy': 'proxy',
  'registry.timeout': 'proxy',
  'registry.tls': 'authorities',
};

/** Where on the network page a problem is mended. */
export const networkPlaceOf = ({ code }: ProblemBody): NetworkSection | undefined => NETWORK_PLACES[code];

/** Whether a problem waits for the person at the box. */
export const isForOperator = ({ code }: ProblemBody): boolean => OPERATOR_WAYS[code] !== undefined;

/** What a person can ask for about a problem, as things are now; undefined = nothing here. */
export function askOf(
  { code }: ProblemBody,
  view: StatusView,
  releases: readonly ReleaseView[] = [],
): Ask | undefined {
  const way = WAYS[code];
  if (way === undefined || !('act' in way)) return undefined;
  switch (way.act) {
    case 'approve':
      return approveAsk(view);
    case 'retry':
      return retryAsk(view) ?? goBackAsk(view, releases);
    case 'go-back':
      return goBackAsk(view, releases) ?? retryAsk(view);
    case 'unhold':
      return view.intent.hold ? { kind: 'unhold' } : { kind: 'change-policy' };
    case 'retry-control-plane':
      return controlPlaneOf(view)?.ask;
    case 'check-now':
    case 'open-settings':
    case 'change-channel':
      return { kind: way.act };
  }
}

/** Why there is no button for a problem, if that needs saying. */
export function whyOf({ code }: ProblemBody): MessageKey | undefined {
  const way = WAYS[code];
  return way !== undefined && 'why' in way ? way.why : undefined;
}
