import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { MessageKey } from '../../../../words/keys.ts';
import { callOf, type Answers, type Ask } from '../../model/ask.ts';
import { wantedChannel } from '../../model/facts.ts';

/** What a dialog starts with: the present state, so that confirming without a change changes nothing. */
export function firstAnswersOf(ask: Ask, view: StatusView): Answers {
  switch (ask.kind) {
    case 'change-channel':
      return { channel: wantedChannel(view), whenOlder: view.intent.whenOlder };
    case 'change-policy':
      return { policy: { ...view.updatePolicy } };
    default:
      return {};
  }
}

/** As the contract has them (a test compares): the page ships without its library of schemas. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** What is wrong with a release named by hand. */
export function pinMistakeOf(pin: string): MessageKey | undefined {
  const text = pin.trim();
  if (text === '') return 'overview.dialog.pin.empty';
  const isName = (text.length <= 64 && VERSION.test(text)) || DIGEST.test(text);
  return isName ? undefined : 'overview.dialog.pin.wrong';
}

/** Whether the answers of a dialog are enough to act. */
export function isAnswered(ask: Ask, answers: Answers): boolean {
  if (ask.kind === 'pin' && ask.release === undefined && pinMistakeOf(answers.pin ?? '') !== undefined)
    return false;
  return callOf(ask, answers) !== undefined;
}

/** Whether confirming would change nothing: then the dialog just closes. */
export function isUnchanged(ask: Ask, answers: Answers, view: StatusView): boolean {
  const first = firstAnswersOf(ask, view);
  switch (ask.kind) {
    case 'change-channel':
      return answers.channel === first.channel && answers.whenOlder === first.whenOlder;
    case 'change-policy':
      return (
        answers.policy?.update === first.policy?.update && answers.policy?.install === first.policy?.install
      );
    default:
      return false;
  }
}

/** The releases that one may stay on by name: what failed here is not offered. */
export const pinnableOf = (releases: readonly ReleaseView[]): readonly ReleaseView[] =>
  releases.filter(({ quarantine }) => quarantine === undefined).slice(0, 8);
