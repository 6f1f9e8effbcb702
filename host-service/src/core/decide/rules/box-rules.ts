import { later, no, pass, skip, type Context, type Rule, type Verdict } from '../context.ts';
import { inRange, isOlder, leadsBack, plainVersion } from '../versions.ts';

type Need = (context: Context) => string | undefined;

const kubernetes: Need = ({ candidate, input }) => {
  const range = candidate.release.requires.kubernetes;
  if (range === undefined) return undefined;
  const version = plainVersion(input.facts.kubernetes);
  const fits = version !== undefined && inRange(version, range);
  return fits ? undefined : `it needs platform ${range}, this box has ${input.facts.kubernetes}`;
};

const host: Need = ({ candidate, input }) => {
  const range = candidate.release.requires.host;
  if (range === undefined) return undefined;
  const { host: version } = input.facts;
  if (version === undefined) return `it needs host software ${range}, and that of this box is not known`;
  return inRange(version, range) ? undefined : `it needs host software ${range}, this box has ${version}`;
};

const architecture: Need = ({ candidate, input }) => {
  const { architectures } = candidate.release.requires;
  const fits = architectures === undefined || architectures.includes(input.facts.architecture);
  return fits
    ? undefined
    : `it is made for ${architectures.join(', ')}, this box is ${input.facts.architecture}`;
};

const from: Need = ({ candidate, running }) => {
  const ranges = candidate.release.requires.from;
  if (ranges === undefined || running === undefined || running.digest === candidate.digest) return undefined;
  if (ranges.some((range) => inRange(running.version, range))) return undefined;
  return `it can be reached from ${ranges.join(' or ') || 'nowhere'}, but ${running.version} runs`;
};

const NEEDS: readonly Need[] = [kubernetes, host, architecture, from];

export const requires: Rule = (context) => {
  const missing = NEEDS.map((need) => need(context)).filter((text) => text !== undefined);
  if (missing.length === 0) return pass('This box has what the release needs.');
  const text = `${context.candidate.version} does not fit: ${missing.join('; ')}.`;
  return no('release.incompatible', text, { when: 'the box is updated, or another release comes' });
};

/** Whether the vendor himself stepped down from what runs here: a higher sequence that names a lower version. */
function vendorGoesBack({ input, running }: Context): boolean {
  return input.statement?.previous !== undefined && input.statement.previous.digest === running?.digest;
}

function backTo(context: Context, runningVersion: string, who: string): Verdict {
  const { candidate, running, input } = context;
  const { version, digest } = candidate;
  if (running !== undefined && leadsBack(running.release, version)) {
    return pass(`${who} ${version}, and ${runningVersion} says that one may come back to it.`);
  }
  const { approvedIrreversible, approvedRelease } = input.intent;
  if (approvedIrreversible === digest && (context.pinned || approvedRelease === digest)) {
    return pass(
      `${who} ${version}; a person approved it although ${runningVersion} does not lead back to it.`,
    );
  }
  const text = `${who} ${version}, but from ${runningVersion} one cannot come back to it.`;
  return no('plan.no-way-back', text, { when: `the channel overtakes ${runningVersion}` });
}

export const direction: Rule = (context) => {
  const { candidate, input, pinned, running } = context;
  if (input.running === undefined) return pass(`Nothing runs yet; ${candidate.version} would be the first.`);
  if (running === undefined) return pass('The release that runs is not known here any more.');
  if (candidate.digest === running.digest) return pass(`${candidate.version} is what runs.`);
  if (!isOlder(candidate.version, running.version)) {
    return pass(`From ${running.version} to ${candidate.version} is a step forward.`);
  }
  if (pinned) return backTo(context, running.version, 'A person wants');
  if (vendorGoesBack(context)) return backTo(context, running.version, 'The vendor goes back to');
  if (input.intent.whenOlder === 'go-back') return backTo(context, running.version, 'The channel has');
  const text = `The channel has ${candidate.version}, older than ${running.version}; the box waits until it overtakes.`;
  return later(text, `the channel names more than ${running.version}`);
};

/**
 * A release that needs another control plane than this one is possible when it brings one that will do: then the control plane is updated
 * first (design §6.1). Not when that one has failed here, and not where the control plane cannot update itself.
 */
export const controlPlaneFirst: Rule = ({ candidate, input }) => {
  const range = candidate.release.requires.controlPlane;
  if (range === undefined) return skip('The release does not ask for a certain control plane.');
  const { controlPlane, quarantinedBuilds } = input.facts;
  if (inRange(controlPlane, range)) return pass(`Control plane ${controlPlane} is in ${range}.`);
  const own = candidate.release.controlPlane;
  const need = `It needs control plane ${range}, here is ${controlPlane}`;
  const refused = (why: string, when: string): Verdict =>
    no('release.requires-control-plane', `${need}${why}.`, { when });
  if (quarantinedBuilds === undefined) return refused('', 'the control plane is updated');
  if (!inRange(own.version, range) || !isOlder(controlPlane, own.version)) {
    return refused(`, and it brings ${own.version}`, 'another release comes');
  }
  if (quarantinedBuilds.has(own.digest)) {
    return refused(`; ${own.version} failed here`, 'it is tried again, or another release comes');
  }
  return pass(`${need}; its ${own.version} is put in first.`);
};
