import type { Command } from 'commander';
import type { VerbBody } from '../../contract/api/intent.ts';
import { Line } from '../../contract/names.ts';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf } from '../objects/session.ts';
import { askingVerb, AskOptions, atDesk } from './command.ts';
import { mustBeKnown } from './releases.ts';

const Options = AskOptions.extend({ reason: Line.optional() });
/** `appliance control-plane retry` asks for the control plane. */
type Verb = Exclude<VerbBody['verb'], 'retry-control-plane'>;

/** What each request does, for the help and the answer. */
const WORDS: Readonly<Record<Verb, { readonly help: string; readonly said: string }>> = {
  revert: {
    help: 'go back to the last good release, or to a named earlier one',
    said: 'The box was asked to go back.',
  },
  retry: {
    help: 'try the release that failed last, or a named one, once more',
    said: 'The box was asked to try again.',
  },
  cancel: {
    help: 'cancel what is under way, at the next safe point',
    said: 'The box was asked to cancel what is under way.',
  },
  pause: {
    help: 'stop what is under way before its next step, until it is resumed',
    said: 'The box was asked to pause what is under way.',
  },
  resume: {
    help: 'let what was paused go on where it stopped',
    said: 'The box was asked to go on.',
  },
  'check-now': {
    help: 'look at the channel now',
    said: 'The box was asked to look at the channel now.',
  },
};

function registerRequest(program: Command, openDesk: OpenDesk, verb: Verb): void {
  const command = askingVerb(program, verb, WORDS[verb].help);
  const takesRelease = verb === 'revert' || verb === 'retry';
  if (takesRelease) command.argument('[release]', 'version or digest');
  command.action((...given: readonly unknown[]) => {
    const name = takesRelease && typeof given[0] === 'string' ? given[0] : undefined;
    const raw = given[takesRelease ? 1 : 0];
    const { requestId: id, reason } = optionsOf(Options, raw);
    return atDesk(openDesk, raw, async (desk, signal) => {
      const release = name === undefined ? undefined : mustBeKnown(await desk.releases(signal), name).digest;
      const body: VerbBody = {
        ...{ id, verb },
        ...(release === undefined ? {} : { release }),
        ...(reason === undefined ? {} : { reason }),
      };
      const { intentRevision } = await desk.request(body, signal);
      return { text: WORDS[verb].said, data: { id, verb, intentRevision } };
    });
  });
}

/** `appliance revert`, `retry`, `cancel`, `pause`, `resume` and `check-now`: requests that the engine takes up once by their id. */
export function registerRequests(program: Command, openDesk: OpenDesk): void {
  for (const verb of ['revert', 'retry', 'cancel', 'pause', 'resume', 'check-now'] as const)
    registerRequest(program, openDesk, verb);
}
