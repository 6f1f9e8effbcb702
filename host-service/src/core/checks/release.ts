import { inRange } from '../decide/versions.ts';
import { failed, passed, perBox, unknown, warned, type Check, type CheckFacts } from './facts.ts';

const FIX = { kind: 'release' } as const;
const notChosen = (required?: string) => unknown('No release is chosen yet.', { required });

function compatible({ target, running, controlPlane }: CheckFacts) {
  if (target === undefined) return notChosen();
  const { requires, version, controlPlane: own } = target.release;
  const { from } = requires;
  if (
    running !== undefined &&
    running !== version &&
    from?.every((range) => !inRange(running, range)) === true
  ) {
    const required = `from ${from.join(' or ')}`;
    return failed(`One cannot come to ${version} from ${running}.`, {
      measured: running,
      required,
      fix: FIX,
    });
  }
  const range = requires.controlPlane;
  if (range === undefined || inRange(controlPlane, range)) return passed(`${version} fits this box.`);
  const compared = { measured: `version ${controlPlane}`, required: `version ${range}` };
  return inRange(own.version, range)
    ? passed(`The control plane is updated to ${own.version} first.`, compared)
    : failed(`${version} needs another control plane than this one.`, { ...compared, fix: FIX });
}

function signed({ target }: CheckFacts) {
  const required = 'signed by the vendor';
  if (target === undefined) return notChosen(required);
  return target.signed
    ? passed('The vendor has signed this release.', { measured: 'signed', required })
    : warned('Nobody has signed this release; who made it is not proved.', {
        measured: 'unsigned',
        required,
        fix: FIX,
      });
}

function channelState({ channel }: CheckFacts) {
  const required = 'an answer of the vendor’s channel';
  if (channel?.checkedAt === undefined) return unknown('The channel has not been asked yet.', { required });
  const { problem, lastSuccessAt, name } = channel;
  if (problem === undefined)
    return passed(`The channel ${name} answers.`, { measured: channel.servedBy, required });
  const since =
    lastSuccessAt === undefined ? 'It has never answered.' : 'What is known from before stays usable.';
  return warned(`The channel ${name} gives no usable answer. ${since}`, { required, problem });
}

function known({ target }: CheckFacts) {
  if (target === undefined) return notChosen();
  return target.quarantined
    ? failed(`${target.release.version} failed on this box before.`, { fix: FIX })
    : passed(`${target.release.version} has not failed on this box.`);
}

const base = { group: 'release', severity: 'blocking' } as const;

/** What speaks for and against the release that would be installed. */
export const RELEASE_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'release.channel', title: 'Channel', mayAccept: true, severity: 'advice' },
    look: perBox(channelState),
    why: 'The channel says which release is good for this box.',
  },
  {
    ...{
      ...base,
      id: 'release.compatible',
      title: 'Fits this box',
      mayAccept: false,
      look: perBox(compatible),
    },
    why: 'A release that does not fit stops half way.',
  },
  {
    ...{ ...base, id: 'release.signed', title: 'Signature', mayAccept: true, severity: 'advice' },
    look: perBox(signed),
    why: 'Only a signature shows that what is installed comes from the vendor.',
  },
  {
    ...{
      ...base,
      id: 'release.known-failure',
      title: 'Earlier failure',
      mayAccept: true,
      severity: 'advice',
      look: perBox(known),
    },
    why: 'What failed on this box once is likely to fail again.',
  },
];
