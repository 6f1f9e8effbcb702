import type { SetupQuestion, SetupView } from '../../contract/api/setup.ts';
import { PROBLEMS, safeLine } from '../../contract/problem.ts';
import { mistakeWords } from '../../core/values/settings.ts';
import { table, type Said } from '../objects/session.ts';

const STATES: Readonly<Record<SetupView['state'], string>> = {
  draft: 'a draft: everything can still be changed',
  begun: 'begun',
  done: 'done: something is installed',
};

/** The draft in words; secrets are answered or not, and nothing more. */
export function setupSaid(view: SetupView): Said {
  const { state, revision, channels, pin, registration, isComplete, lastChange, questions } = view;
  const chosen = channels.find(({ isChosen }) => isChosen);
  const facts = [
    ['setup', STATES[state]],
    ['revision', revision],
    ['channel', chosen === undefined ? '-' : channelText(chosen)],
    ...(pin === undefined ? [] : [['only this', safeLine(pin)]]),
    ['complete', isComplete ? 'yes' : 'no'],
    ['registration', registrationText(registration)],
    ...(lastChange === undefined
      ? []
      : [['changed by', `${lastChange.by} (${lastChange.via}), ${lastChange.at}`]]),
  ];
  return { text: [table(facts), '', table(questions.map(questionRow))].join('\n'), data: view };
}

function channelText({ name, release, problem }: SetupView['channels'][number]): string {
  if (release !== undefined) return `${name}: ${release.version}`;
  return problem === undefined ? name : `${name}: ${PROBLEMS[problem.code].title}`;
}

function registrationText({ state, problem, edition, company, expires }: SetupView['registration']): string {
  const said = [company, edition, expires].filter((text) => text !== undefined);
  if (problem !== undefined) return `${state}: ${PROBLEMS[problem.code].title}`;
  return said.length === 0 ? state : `${state}: ${safeLine(said.join(', '))}`;
}

function questionRow(question: SetupQuestion): readonly string[] {
  const { name, answer, isAnswered, required, mistake, type } = question;
  const isShown = answer !== undefined && type !== 'password' && type !== 'secret' && type !== 'file';
  const text = isShown ? safeLine(String(answer)) : isAnswered ? '(answered)' : required ? '(missing)' : '-';
  return [
    `  ${name}`,
    text,
    mistake === undefined || mistake === 'missing' ? '' : mistakeWords(mistake, question),
  ];
}
