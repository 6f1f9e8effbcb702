import { approved, later, pass, skip, wait, type Context, type Rule } from '../context.ts';
import { isOlder, leadsBack } from '../versions.ts';

const isInstall = ({ input }: Context): boolean => input.running === undefined;
const isRunning = ({ running, candidate }: Context): boolean => running?.digest === candidate.digest;
const policyOf = (context: Context) =>
  isInstall(context) ? context.input.policy.install : context.input.policy.update;

/** A channel that flaps must not move a box: it acts by itself on the second equal answer only. */
export const confirmation: Rule = (context) => {
  const { answer } = context.input;
  if (isRunning(context)) return skip('It runs already.');
  if (approved(context)) return skip('A person has chosen exactly this release.');
  if (policyOf(context) !== 'auto') return skip('The box does not act by itself.');
  if (answer.kind !== 'resolved') return skip('The release came with this box.');
  if (answer.confirmations >= 2) return pass(`The channel answered the same ${answer.confirmations} times.`);
  const when = 'the next look at the channel gives the same answer';
  return later('The channel gave this answer once; the box asks a second time.', when);
};

export const hold: Rule = (context) => {
  if (isRunning(context)) return skip('It runs already.');
  const until = { when: 'the hold is taken back' };
  if (context.input.intent.hold) return wait('plan.held', 'A person put this box on hold.', until);
  if (!isInstall(context) && context.input.policy.update === 'hold') {
    return wait('plan.held', 'The update policy of this box is hold.', until);
  }
  return pass('Nothing is on hold.');
};

/** Whether going there cannot be undone by the box: the new release does not lead back to what runs now. */
function isOneWay({ candidate, input, running }: Context): boolean {
  if (running === undefined) return input.running !== undefined;
  return !isOlder(candidate.version, running.version) && !leadsBack(candidate.release, running.version);
}

export const policy: Rule = (context) => {
  const { candidate, input, pinned, running } = context;
  if (isRunning(context)) return skip('It runs already.');
  const { digest, version } = candidate;
  const { approvedIrreversible, approvedRelease } = input.intent;
  if (isOneWay(context) && !(approvedIrreversible === digest && (pinned || approvedRelease === digest))) {
    const text = `From ${version} one cannot come back to ${running?.version ?? 'what runs'}.`;
    return wait('plan.irreversible', text, { when: 'a person approves it by name' });
  }
  if (approved(context)) return pass('A person has approved it.');
  if (policyOf(context) === 'auto') return pass('The policy lets the box act by itself.');
  return wait('plan.approval-needed', `${version} waits for approval.`, { when: 'a person approves it' });
};

export const alreadyRunning: Rule = (context) =>
  isRunning(context)
    ? skip(`${context.candidate.version} runs already; there is nothing to change.`)
    : pass(`${context.candidate.version} does not run yet.`);
