import { withdrawalOf, withdrawnInWords } from '../../release/statement.ts';
import { no, pass, skip, wait, type Rule } from '../context.ts';
import { inRange, rolloutPlace } from '../versions.ts';

const PINNED = 'A release was chosen by name, so rules of the channel are not asked.';

export const pin: Rule = ({ input, pinned }) =>
  pinned
    ? pass(`A person chose ${input.intent.pin ?? 'this release'}.`)
    : skip('No release is chosen by name; the channel decides.');

export const channelAnswer: Rule = ({ candidate, input }) => {
  if (input.answer.kind === 'resolved') return pass(`The registry answered: ${candidate.version}.`);
  return candidate.source === 'baked'
    ? pass('The registry is away; the release that came with this box is used.')
    : pass('The registry is away; this release was verified before.');
};

export const signature: Rule = ({ candidate }) =>
  candidate.signed
    ? pass('Signed by keys that this box trusts.')
    : pass('Not signed; the trust settings still allow this until a named day.');

export const freshness: Rule = ({ input, pinned }) => {
  if (pinned) return skip(PINNED);
  const { statement } = input;
  if (statement === undefined) return skip('There is no channel statement that could be out of date.');
  const late = input.now.getTime() >= Date.parse(statement.expires);
  return late
    ? pass(`The statement ran out on ${statement.expires}, but this release was admitted before.`)
    : pass(`The channel statement is good until ${statement.expires}.`);
};

export const sequence: Rule = ({ input, pinned }) => {
  if (pinned) return skip(PINNED);
  if (input.statement === undefined) return skip('There is no channel statement with a sequence.');
  return pass(`Sequence ${input.statement.sequence} is the highest seen on this channel.`);
};

export const withdrawn: Rule = ({ candidate, input }) => {
  const withdrawal = withdrawalOf(input.statement, candidate.digest);
  if (withdrawal === undefined) return pass('The vendor has not taken this release back.');
  return no('release.withdrawn', `${candidate.version} was ${withdrawnInWords(withdrawal)}.`, {
    when: 'the channel names another release',
  });
};

export const quarantine: Rule = ({ candidate, input }) => {
  const { quarantine: reason, version, digest } = candidate;
  if (reason === undefined) return pass('It has not failed on this box.');
  if (input.intent.approvedRetry === digest)
    return pass('It failed here before; a person wants it tried again.');
  return no('release.quarantined', `${version} failed on this box: ${reason.code}: ${reason.detail}`, {
    when: 'a newer release comes, or a person approves another try',
  });
};

export const path: Rule = ({ candidate, wanted, input, running, pinned }) => {
  if (pinned) return skip(PINNED);
  if (running === undefined) return skip('Nothing runs yet, so there is no way to keep to.');
  if (candidate.digest !== wanted.digest) {
    return pass(`${candidate.version} is the stop on the way to ${wanted.version}.`);
  }
  const stop = input.statement?.path.find(
    (entry) =>
      entry.release.digest !== wanted.digest &&
      entry.release.digest !== running.digest &&
      inRange(running.version, entry.from),
  );
  if (stop === undefined) return pass('No other release has to be installed on the way.');
  return wait(
    'release.path-required',
    `From ${running.version} the way leads through ${stop.release.version}.`,
    { when: `${stop.release.version} runs` },
  );
};

export const rollout: Rule = ({ input, wanted, running, pinned }) => {
  if (pinned) return skip(PINNED);
  const percent = input.statement?.rollout?.percent;
  if (percent === undefined) return skip('The vendor rolls this release out to all boxes at once.');
  if (running === undefined) return skip('Nothing runs yet; a first installation waits for no rollout.');
  const place = rolloutPlace(input.facts.applianceId, wanted.digest);
  const text = `This box stands at ${place.toFixed(2)} %, the rollout at ${percent} %`;
  return place < percent
    ? pass(`${text}.`)
    : wait('release.rollout-wait', `${text}; it waits.`, {
        when: `the vendor widens it beyond ${place.toFixed(2)} %`,
      });
};
