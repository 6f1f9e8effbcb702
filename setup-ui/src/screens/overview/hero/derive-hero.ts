import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus, Phase } from 'host-service/contract/appliance.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { Ask } from '../model/ask.ts';
import { canLogIn, channelTitle, openOperation } from '../model/facts.ts';
import { saying, type Saying } from '../model/saying.ts';
import type { Tone } from '../../../parts/basic/state-look.ts';
import { approveAsk, goBackAsk, retryAsk } from '../model/offers.ts';
import { askOf, isForOperator } from '../problems/problem-ways.ts';

/** The first thing on the page: one true sentence, what follows from it, at most one thing to do. */
export interface Hero {
  readonly tone: Tone;
  readonly headline: Saying;
  readonly detail?: Saying;
  /** Facts that people must not miss although the headline is about something else. */
  readonly notes: readonly Saying[];
  readonly action?: Ask;
  /** What stands in the way, to be told by its code. */
  readonly problem?: ProblemBody;
}
type Story = Omit<Hero, 'notes'>;

/** The hero of a status (B-47 to B-50: a pure function of what is wanted, seen and under way). `product`: its name as people know it. */
export function heroOf(view: StatusView, product: string, releases: readonly ReleaseView[] = []): Hero {
  const { status } = view;
  if (status === undefined)
    return { tone: 'plain', headline: saying('overview.hero.first-look'), notes: blindNotes(view) };
  const story = STORIES[status.phase](view, status, product, releases);
  const notes = [...blindNotes(view), ...notesOf(view, status)];
  // What cannot be seen is not called good, and not called bad either.
  return view.cluster.isConnected ? { ...story, notes } : { ...story, tone: 'plain', notes };
}

type Teller = (
  view: StatusView,
  status: ApplianceStatus,
  product: string,
  releases: readonly ReleaseView[],
) => Story;

const STORIES: Readonly<Record<Phase, Teller>> = {
  starting: (_, status) => ({
    tone: 'info',
    headline: saying('overview.hero.starting'),
    detail:
      status.available === undefined
        ? saying('overview.hero.starting-looks')
        : saying('overview.hero.starting-with', { version: status.available.version }),
  }),
  'needs-you': needsYou,
  installing: (view, status, product) => ({
    tone: 'info',
    headline: saying('overview.hero.installing', { product, version: goalOf(view, status) }),
    detail: saying('overview.hero.by-itself'),
  }),
  running,
  updating: (view, status, product) => ({
    tone: 'info',
    headline: saying('overview.hero.updating', {
      product,
      // Once the box has switched, what runs is already the new one.
      from: openOperation(view)?.from?.version ?? status.running?.version ?? '',
      to: goalOf(view, status),
    }),
    detail: saying(canLogIn(status) ? 'overview.hero.updating-open' : 'overview.hero.updating-closed'),
  }),
  reverting: (view, status, product) => ({
    tone: 'warn',
    headline: saying('overview.hero.reverting', { product, to: goalOf(view, status) }),
    detail: saying('overview.hero.by-itself'),
  }),
  degraded,
  blocked: (view, status, product, releases) => {
    const problem = leading(status, () => true);
    const { running: ref } = status;
    return {
      tone: ref === undefined ? 'bad' : 'warn',
      headline:
        ref === undefined
          ? saying('overview.hero.blocked', { product })
          : saying('overview.hero.blocked-running', { product, version: ref.version }),
      ...told(view, problem, releases),
    };
  },
  paused: (view, status, product) => ({
    tone: 'warn',
    headline: saying('overview.hero.paused', { product, version: goalOf(view, status) }),
    ...resuming(view),
  }),
  held: (_, status, product) => ({
    tone: 'plain',
    headline:
      status.running === undefined
        ? saying('overview.hero.held', { product })
        : saying('overview.hero.held-running', { product, version: status.running.version }),
    detail: saying('overview.hero.held-means'),
    action: { kind: 'unhold' },
  }),
};

function resuming(view: StatusView): Pick<Story, 'action'> {
  const open = openOperation(view);
  return open === undefined ? {} : { action: { kind: 'resume', to: open.to.version } };
}

function needsYou(
  view: StatusView,
  status: ApplianceStatus,
  product: string,
  releases: readonly ReleaseView[],
): Story {
  const missing = status.problems.find(({ code }) => code === 'plan.settings-missing');
  if (missing !== undefined) {
    return {
      tone: 'warn',
      headline: saying('overview.hero.needs-answers', { product }),
      detail: saying('overview.hero.needs-answers-means'),
      action: { kind: 'open-settings' },
    };
  }
  const approve = approveAsk(view);
  const waits = status.problems.some(
    ({ code }) => code === 'plan.approval-needed' || code === 'plan.irreversible',
  );
  if (waits && approve?.kind === 'approve') {
    const { version } = approve.release;
    return {
      tone: 'warn',
      headline: saying('overview.hero.needs-approval', { version }),
      detail: saying('overview.hero.needs-approval-means'),
      action: approve,
    };
  }
  const problem = leading(status, isForOperator);
  return {
    tone: 'warn',
    headline: saying('overview.hero.needs-you', { product }),
    ...told(view, problem, releases),
  };
}

function running(view: StatusView, status: ApplianceStatus, product: string): Story {
  const version = status.running?.version ?? '';
  const headline = saying('overview.hero.running', { product, version });
  const approve = openOperation(view) === undefined ? approveAsk(view) : undefined;
  if (approve?.kind === 'approve') {
    const offered = saying('overview.hero.offered', { version: approve.release.version });
    return { tone: 'good', headline, detail: offered, action: approve };
  }
  return { tone: 'good', headline, ...restOf(view, status) };
}

function restOf(view: StatusView, status: ApplianceStatus): Pick<Story, 'detail'> {
  const { channel } = status;
  if (channel?.problem !== undefined) return { detail: saying('overview.hero.unasked') };
  if (openOperation(view) !== undefined) return { detail: saying('overview.hero.housekeeping') };
  const isNewest =
    status.trace.length > 0 &&
    status.trace.every(({ candidate }) => candidate?.digest === status.running?.digest);
  if (!isNewest || channel === undefined) return { detail: saying('overview.hero.can-log-in') };
  return { detail: saying('overview.hero.newest', { channel: channelTitle(view, channel.name) }) };
}

function degraded(
  view: StatusView,
  status: ApplianceStatus,
  product: string,
  releases: readonly ReleaseView[],
): Story {
  // Trouble in the background is a note, not an alarm (B-81).
  if (canLogIn(status)) return running(view, status, product);
  const failing = status.components.filter(({ tier, state }) => tier !== 'background' && state !== 'ready');
  const worst = failing.find(({ state }) => state === 'failed') ?? failing[0];
  const action = goBackAsk(view, releases) ?? retryAsk(view);
  return {
    tone: 'bad',
    headline: saying('overview.hero.degraded', { product, version: status.running?.version ?? '' }),
    ...(worst === undefined
      ? {}
      : {
          detail: saying('overview.hero.degraded-part', { part: worst.title, more: failing.length - 1 }),
        }),
    ...(action === undefined ? {} : { action }),
  };
}

/** The most important problem of a kind: the server sends them root cause first. */
function leading(
  status: ApplianceStatus,
  accepts: (problem: ProblemBody) => boolean,
): ProblemBody | undefined {
  return status.problems.find(accepts) ?? status.problems[0];
}

function told(
  view: StatusView,
  problem: ProblemBody | undefined,
  releases: readonly ReleaseView[],
): Pick<Hero, 'problem' | 'action'> {
  const action = problem === undefined ? undefined : askOf(problem, view, releases);
  return { ...(problem === undefined ? {} : { problem }), ...(action === undefined ? {} : { action }) };
}

function goalOf(view: StatusView, status: ApplianceStatus): string {
  return openOperation(view)?.to.version ?? status.plan?.to?.version ?? status.target?.version ?? '';
}

const blindNotes = ({ cluster }: StatusView): readonly Saying[] =>
  cluster.isConnected ? [] : [saying('overview.note.blind')];

function notesOf(view: StatusView, status: ApplianceStatus): readonly Saying[] {
  const notes: Saying[] = [];
  const { running: ref, quarantined } = status;
  const { from, to } = view.operation ?? {};
  // Also after the way back, which led from it: what failed stays told until something else is done.
  const failed = quarantined.find(({ digest }) => digest === to?.digest || digest === from?.digest);
  if (failed !== undefined && openOperation(view) === undefined) {
    const key = failed.reason.code === 'apply.cancelled' ? 'overview.note.set-aside' : 'overview.note.failed';
    notes.push(saying(key, { version: failed.version }));
  }
  if (status.problems.some(({ code, subject }) => code === 'release.withdrawn' && subject === 'running')) {
    notes.push(saying('overview.note.withdrawn', { version: ref?.version ?? '' }));
  }
  const { hold, actor } = view.intent;
  if (hold && actor?.reason !== undefined && actor.reason !== '')
    notes.push(saying('overview.note.held-by', { by: actor.by, reason: actor.reason }));
  if (ref?.signed === false) notes.push(saying('overview.note.unsigned', { version: ref.version }));
  if (status.tiers.background === 'failed' && canLogIn(status))
    notes.push(saying('overview.note.background'));
  return notes;
}
