import { z } from 'zod';
import { spec, type ProblemSpec } from './problems/spec.ts';
import { STORAGE_PROBLEMS } from './problems/storage.ts';

export type { NextActor, ProblemSpec } from './problems/spec.ts';

/** The closed table of problems (design §8, style §4.6). Word before the dot: the stage. Tests hold it closed, thrown and documented. */
// One row per problem, because a table is read and compared by rows.
// prettier-ignore
export const PROBLEMS = {
  // registry: talking to a registry
  'registry.cancelled': spec('appliance', 503, 'The request to the registry was stopped.', 'Nothing to do; it is repeated when needed.'),
  'registry.connect': spec('appliance', 503, 'The registry cannot be reached.', 'Check cable, gateway and firewall; the box keeps trying.'),
  'registry.credentials-stale': spec('operator', 502, 'The stored registry credentials are no longer accepted.', 'Enter new credentials for this registry.'),
  'registry.damaged': spec('appliance', 502, 'What the registry sent is not what was asked for.', 'The box tries another source; if it returns, check for a proxy that changes content.'),
  'registry.denied': spec('operator', 502, 'The registry refuses access.', 'Check the credentials and that the repository is public or shared with you.'),
  'registry.dns': spec('operator', 503, 'The name of the registry cannot be resolved.', 'Check the DNS servers of this box.'),
  'registry.not-found': spec('vendor', 502, 'The registry has no such release, or it is private.', 'Check channel and repository; tell the vendor if both are right.'),
  'registry.outage': spec('appliance', 503, 'The registry has a fault of its own.', 'Nothing to do; the box tries again.'),
  'registry.protocol': spec('vendor', 502, 'The registry gave an answer that makes no sense.', 'Check that nothing between box and registry changes content.'),
  'registry.proxy': spec('operator', 503, 'The proxy refuses or cannot be reached.', 'Check the proxy settings of this box.'),
  'registry.rate-limited': spec('appliance', 503, 'The registry asks us to slow down.', 'Nothing to do; the box waits as long as asked.'),
  'registry.redirect-refused': spec('support', 502, 'The registry sends us to a place where we do not go.', 'Send a support bundle.'),
  'registry.timeout': spec('appliance', 504, 'The registry did not answer in time.', 'Nothing to do; the box tries again.'),
  'registry.tls': spec('operator', 502, 'The registry shows a certificate that this box does not trust.', 'If a proxy inspects traffic, add its CA; else check the clock.'),
  'registry.too-large': spec('vendor', 502, 'The registry sent more than is allowed.', 'Tell the vendor; nothing was changed.'),
  // release: what the documents say
  'release.bundle-invalid': spec('vendor', 422, 'The configuration bundle of this release cannot be used.', 'Tell the vendor; what runs keeps running.'),
  'release.damaged': spec('vendor', 422, 'The release is damaged or not a release.', 'Tell the vendor; nothing was changed.'),
  'release.expired': spec('vendor', 422, 'The channel has not been confirmed by the vendor for too long.', 'What runs keeps running; new releases wait for the vendor.'),
  'release.fork': spec('vendor', 422, 'The channel gave two different answers under one number.', 'Tell the vendor; it clears with the next channel update.'),
  'release.incomplete': spec('vendor', 422, 'Parts of the release are missing in the registry.', 'Tell the vendor; the box looks again.'),
  'release.incompatible': spec('operator', 422, 'This release does not fit this box.', 'See the detail; another release or an update may be needed first.'),
  'release.invalid': spec('vendor', 422, 'The release document breaks its own rules.', 'Tell the vendor; nothing was changed.'),
  'release.key-revoked': spec('vendor', 422, 'The release is signed by a key that was taken back.', 'Tell the vendor; nothing was changed.'),
  'release.key-role': spec('vendor', 422, 'The release is signed by a key that may not sign it.', 'Tell the vendor; nothing was changed.'),
  'release.key-unknown': spec('vendor', 422, 'The release is signed by a key that this box does not know.', 'Tell the vendor; nothing was changed.'),
  'release.key-validity': spec('vendor', 422, 'The signing key was not valid at the date of the document.', 'Tell the vendor; nothing was changed.'),
  'release.not-allowed': spec('operator', 422, 'The release points to a registry that this box may not use.', 'Check the trust settings of this box.'),
  'release.path-required': spec('appliance', 422, 'Another release has to be installed on the way.', 'Nothing to do; the box offers that release first.'),
  'release.quarantined': spec('operator', 409, 'This release failed on this box and is not tried again by itself.', 'Wait for a newer release, or approve it again.'),
  'release.requires-control-plane': spec('appliance', 409, 'This release needs a newer control plane first.', 'Nothing to do; the control plane is updated first.'),
  'release.rollback': spec('vendor', 422, 'The channel shows an older state than this box has already seen.', 'Nothing was changed; tell the vendor if it stays.'),
  'release.rollout-wait': spec('appliance', 409, 'This release has not reached this box yet.', 'Nothing to do; the vendor widens the rollout step by step.'),
  'release.too-new': spec('operator', 422, 'This release is of a kind that this control plane cannot read.', 'Update the control plane first.'),
  'release.unsigned': spec('vendor', 422, 'The release has no signature.', 'Tell the vendor; nothing was changed.'),
  'release.signature-invalid': spec('vendor', 422, 'The signature does not fit the release.', 'Tell the vendor; nothing was changed.'),
  'release.withdrawn': spec('operator', 422, 'The vendor has taken this release back.', 'Choose the release that the vendor names instead.'),
  'release.wrong-channel': spec('vendor', 422, 'The channel statement is for another channel.', 'Tell the vendor; nothing was changed.'),
  'release.wrong-product': spec('operator', 422, 'The release is of another product.', 'Check the release repository of this box.'),
  'release.wrong-repository': spec('vendor', 422, 'The channel statement is for another repository.', 'Tell the vendor; nothing was changed.'),
  'release.no-statement': spec('vendor', 422, 'The channel has no statement of the vendor.', 'Tell the vendor; nothing was changed.'),
  // trust: keys
  'trust.invalid': spec('support', 500, 'The list of trusted keys on this box cannot be read.', 'Send a support bundle; what runs keeps running.'),
  'trust.keys-refused': spec('vendor', 422, 'A change of keys was offered that the present keys do not confirm.', 'Tell the vendor; the present keys stay.'),
  // plan: what would be done
  'plan.approval-needed': spec('operator', 409, 'A release waits for your approval.', 'Look at the plan and approve it.'),
  'plan.checks-failed': spec('operator', 409, 'A check of this box has failed that has to pass before it begins.', 'Mend what the check names, or accept the risk where that is allowed.'),
  'plan.held': spec('operator', 409, 'Updates are on hold.', 'Take back the hold when you are ready.'),
  'plan.irreversible': spec('operator', 409, 'There is no way back from this release.', 'Approve it by name after making a backup.'),
  'plan.no-way-back': spec('operator', 409, 'The earlier release cannot be restored after this one.', 'Retry, take a newer release, or ask support.'),
  'plan.nothing-to-revert': spec('operator', 409, 'There is no earlier good release to go back to.', 'Nothing was changed.'),
  'plan.settings-missing': spec('operator', 409, 'Answers are missing that this release needs.', 'Fill in the named settings.'),
  'plan.settings-invalid': spec('operator', 422, 'A setting has a value that cannot be used.', 'Correct the named setting.'),
  'plan.kubernetes-too-old': spec('operator', 409, 'The platform of this box is too old for this release.', 'Update the box first; nothing was changed.'),
  'plan.values-path-missing': spec('vendor', 422, 'The release wants to fill in a value that its settings file does not have.', 'Tell the vendor; nothing was changed.'),
  // apply: doing it
  'apply.conflict': spec('appliance', 409, 'Somebody else changed the same object.', 'Nothing to do; the box reads again and repeats.'),
  'apply.denied': spec('support', 403, 'The control plane is not allowed to do this step.', 'Send a support bundle.'),
  'apply.flux-incompatible': spec('operator', 409, 'Another delivery engine runs here that does not fit this release.', 'Ask support; nothing was changed.'),
  'apply.flux-failed': spec('support', 500, 'The delivery engine does not become ready.', 'Retry; if it returns, send a support bundle.'),
  'apply.source-failed': spec('appliance', 502, 'The delivery engine cannot fetch the release.', 'Nothing to do; the box tries again.'),
  'apply.rejected': spec('vendor', 422, 'The platform refuses an object of this release.', 'Tell the vendor; the detail names it.'),
  'apply.migration-failed': spec('support', 500, 'Preparing the data for this release failed.', 'Retry; if it returns, send a support bundle.'),
  'apply.namespace-terminating': spec('cluster', 409, 'A part of the platform is being removed.', 'Nothing to do; the box waits until it is gone.'),
  'apply.not-leader': spec('appliance', 503, 'Another control plane has taken over.', 'Nothing to do.'),
  'apply.step-timeout': spec('operator', 504, 'A step takes longer than it ever should.', 'Retry; if it returns, send a support bundle.'),
  'apply.cancelled': spec('operator', 409, 'The operation was cancelled at a safe point.', 'Start it again when you are ready.'),
  // observe: what is seen
  'observe.component-failed': spec('support', 500, 'A part of the application does not work.', 'Retry; if it returns, send a support bundle.'),
  'observe.component-missing': spec('cluster', 503, 'A part of the application is not there yet.', 'Nothing to do; the box waits for it.'),
  'observe.crash-loop': spec('vendor', 500, 'A part of the application stops right after its start.', 'Retry or go back; the log is kept.'),
  'observe.drift': spec('appliance', 409, 'Somebody changed an object of ours; it was changed back.', 'Use the settings page instead of changing objects by hand.'),
  'observe.image-pull': spec('operator', 502, 'A part of the application cannot be downloaded.', 'Check network and disk; the box keeps trying.'),
  'observe.probe-failed': spec('vendor', 500, 'A part of the application runs but does not answer as it should.', 'Retry or go back; the box goes back by itself where it can.'),
  'observe.release-failed': spec('support', 500, 'A part of the application could not be installed.', 'Retry; if it returns, send a support bundle.'),
  'observe.wrong-digest': spec('cluster', 409, 'A part of the application still runs another version.', 'Nothing to do; the box waits for it.'),
  // cluster: talking to Kubernetes
  'cluster.bad-answer': spec('support', 502, 'The platform gave an answer that makes no sense.', 'Retry; if it returns, send a support bundle.'),
  'cluster.cancelled': spec('appliance', 503, 'The request to the platform was stopped.', 'Nothing to do; it is repeated when needed.'),
  'cluster.conflict': spec('appliance', 409, 'An object changed while it was being written.', 'Nothing to do; the box reads again and repeats.'),
  'cluster.forbidden': spec('support', 403, 'The platform does not allow this to the control plane.', 'Send a support bundle.'),
  'cluster.gone': spec('appliance', 410, 'A watch has to start again.', 'Nothing to do.'),
  'cluster.invalid': spec('support', 422, 'The platform refuses an object as invalid.', 'Send a support bundle; the detail names the field.'),
  'cluster.no-such-kind': spec('appliance', 404, 'The platform does not know this kind of object yet.', 'Nothing to do; it is installed first.'),
  'cluster.not-found': spec('appliance', 404, 'An object is not there.', 'Nothing to do; it is made again.'),
  'cluster.overloaded': spec('cluster', 503, 'The platform asks us to slow down.', 'Nothing to do; the box waits.'),
  'cluster.timeout': spec('cluster', 504, 'The platform did not answer in time.', 'Nothing to do; the box tries again.'),
  'cluster.unauthorized': spec('support', 401, 'The platform does not accept our identity.', 'Nothing to do at first: it is read again; then send a support bundle.'),
  'cluster.unavailable': spec('cluster', 503, 'The platform cannot be reached.', 'Nothing to do; it starts again by itself.'),
  'cluster.unsupported-media': spec('support', 415, 'The platform does not understand our way of writing.', 'Send a support bundle.'),
  // config: the program's own files
  'config.invalid': spec('operator', 422, 'A configuration file has mistakes.', 'Correct the named line; nothing was changed.'),
  'config.unreadable': spec('operator', 422, 'A file cannot be read.', 'Check its name and rights.'),
  // network: the way to other hosts
  'network.authority': spec('operator', 422, 'This is not a certificate of an authority that can be used.', 'Ask those who run your network for the certificate of their authority (PEM).'),
  'network.host-unknown': spec('operator', 422, 'This box has nothing to do with that host.', 'Try a host that the release needs, or a mirror that is set for one.'),
  'network.incomplete': spec('operator', 422, 'The network settings are incomplete or cannot be used.', 'Correct what the detail names; nothing was changed.'),
  // request: what a person or program asked
  'request.conflict': spec('operator', 409, 'Somebody else changed this at the same time.', 'Look at the new state and repeat.'),
  'request.draining': spec('appliance', 503, 'The control plane is being replaced by another one.', 'Nothing to do; the next one takes over.'),
  'request.media-type': spec('operator', 415, 'The request is not JSON.', 'Send application/json.'),
  'request.method': spec('operator', 405, 'This address does not do that.', 'Use a method that the answer allows.'),
  'request.not-found': spec('operator', 404, 'There is nothing at this address.', 'Check the address.'),
  'request.precondition': spec('operator', 428, 'The request does not say which state it is about.', 'Send If-Match with the revision that you have seen.'),
  'request.rate-limited': spec('operator', 429, 'Too many requests came from there.', 'Wait as long as the answer says.'),
  'request.too-large': spec('operator', 413, 'The request is larger than is allowed here.', 'Send less.'),
  'request.invalid': spec('operator', 422, 'The request has mistakes.', 'Correct what the detail names.'),
  // session: who is asking
  'session.already-claimed': spec('operator', 409, 'This box has an owner already.', 'Sign in instead.'),
  'session.code-wrong': spec('operator', 401, 'The claim code is not right.', 'Compare it with the code on the console of the box.'),
  'session.denied': spec('operator', 403, 'Your account may look but not change anything.', 'Ask an admin of this box.'),
  'session.locked': spec('operator', 429, 'Too many wrong attempts.', 'Wait as long as the answer says, then try again.'),
  'session.login-failed': spec('operator', 401, 'User name or password is not right.', 'Try again; an admin can set a new password.'),
  'session.not-claimed': spec('operator', 409, 'This box has no owner yet.', 'Claim it with the code from its console.'),
  'session.password-weak': spec('operator', 422, 'This password is too easy to guess.', 'Take a longer one, for example four unusual words.'),
  'session.required': spec('operator', 401, 'You are not signed in.', 'Sign in.'),
  'session.wrong-origin': spec('operator', 403, 'The request comes from another site.', 'Open the page of this box itself.'),
  // webhook: the vendor's wake-up call
  'webhook.not-configured': spec('operator', 404, 'This box takes no wake-up calls.', 'Set a secret for them first.'),
  'webhook.refused': spec('vendor', 401, 'The wake-up call is not signed as it should be.', 'Check the shared secret and the clock of the sender.'),
  // client: what only the page sees
  'client.bad-answer': spec('appliance', 502, 'The box answered in a way that is not understood here.', 'Load the page again, or take the program of the same version.'),
  'client.disconnected': spec('appliance', 503, 'The box does not answer right now.', 'Nothing to do; it is tried again.'),
  // publish: the vendor's side
  'publish.exists': spec('vendor', 409, 'This version is already published with other content.', 'Choose a new version; a published one never changes.'),
  'publish.key-unusable': spec('vendor', 422, 'The signing key cannot be used.', 'Check file, password and kind of the key.'),
  'publish.lint': spec('vendor', 422, 'What is to be published breaks a rule.', 'Correct what the detail names.'),
  'publish.race': spec('vendor', 409, 'The channel was moved by somebody else meanwhile.', 'Look at the channel and repeat.'),
  'publish.signer-failed': spec('vendor', 500, 'The signing program failed.', 'See the detail.'),
  // register: the vendor's licence service
  'register.answer-invalid': spec('vendor', 502, 'The licence service gave an answer that makes no sense.', 'Nothing to do at first: the box asks again; tell the vendor if it stays.'),
  'register.code-expired': spec('operator', 422, 'The install code is no longer valid.', 'Ask the vendor for a new code and enter it; nothing was changed.'),
  'register.code-invalid': spec('operator', 422, 'The licence service does not know this install code.', 'Compare it with the e-mail of the vendor and correct it; nothing was changed.'),
  'register.code-used': spec('operator', 422, 'The install code was used before.', 'Ask the vendor for a new code and enter it; nothing was changed.'),
  'register.unreachable': spec('appliance', 503, 'The licence service cannot be reached or does not answer.', 'Nothing to do; the box asks again. Check network and proxy if it stays.'),
  // roll: the control plane's own update
  'roll.crashed': spec('vendor', 409, 'The new control plane ended right after its start.', 'The one before is back; tell the vendor, or approve it for another try.'),
  'roll.image-missing': spec('appliance', 409, 'The image of the new control plane cannot be fetched.', 'What runs keeps running; the box tries again later.'),
  'roll.never-ready': spec('vendor', 409, 'The new control plane did not get ready in time.', 'The one before is back; tell the vendor, or approve it for another try.'),
  'roll.no-room': spec('operator', 409, 'There is no room to start the new control plane beside the old one.', 'Free memory on this box, or ask support.'),
  'roll.no-way-back': spec('support', 409, 'No earlier control plane is left to go back to.', 'Send a support bundle; the application is untouched.'),
  'roll.not-accepted': spec('vendor', 409, 'The named image is no control plane that this box may follow.', 'What runs keeps running; tell the vendor.'),
  'roll.objects-unreadable': spec('vendor', 409, 'The new control plane cannot read what is stored on this box.', 'The one before is back; tell the vendor.'),
  'roll.out-of-memory': spec('vendor', 409, 'The new control plane needs more memory than it may have.', 'The one before is back; tell the vendor.'),
  'roll.quarantined': spec('operator', 409, 'This control plane failed on this box and is not tried again by itself.', 'Wait for a newer one, or approve it for another try.'),
  'roll.silent': spec('vendor', 409, 'The new control plane stopped answering.', 'The one before is back; tell the vendor, or approve it for another try.'),
  'roll.storage-too-new': spec('support', 409, 'This control plane is older than what is stored on this box.', 'Nothing was changed; a newer control plane is needed.'),
  'roll.wrong-architecture': spec('vendor', 409, 'The new control plane was not made for the processor of this box.', 'What runs keeps running; tell the vendor.'),
  // boot: the stages of the boot script
  'boot.clock': spec('operator', 500, 'The clock of this box is wrong and no time server answers.', 'Check the network, or set the time in the setup of the machine.'),
  'boot.files': spec('support', 500, 'A file of this box cannot be written.', 'Check that the disk is neither full nor damaged, then restart the box.'),
  'boot.images': spec('support', 500, 'An image that came with this box is damaged or missing.', 'Install the box again from a good medium, or ask support.'),
  'boot.network': spec('support', 500, 'The inner address of this box cannot be set up.', 'Restart the box; if it stays, send a support bundle.'),
  'boot.platform': spec('appliance', 500, 'The platform of this box does not start.', 'The box tries again by itself; if it stays, send a support bundle.'),
  'boot.control-plane': spec('appliance', 500, 'The control plane of this box does not start.', 'The box tries again by itself; if it stays, send a support bundle.'),
  'boot.roll': spec('appliance', 500, 'The control plane could not be asked for its update.', 'The box tries again by itself.'),
  // agent: the program on the host
  'agent.identity': spec('appliance', 503, 'The host program of this box has no valid identity.', 'The box gets a new one at the next start; restart it if this stays.'),
  // pull: images on a host
  'pull.failed': spec('appliance', 502, 'An image cannot be fetched from its registry.', 'Check cable, gateway and name servers; the box keeps trying.'),
  'pull.missing': spec('vendor', 502, 'The registry does not have an image.', 'Tell the vendor; what runs keeps running.'),
  'pull.no-program': spec('support', 500, 'The program that fetches images is not on this box.', 'Nothing to do at first: images come when they are needed; then send a support bundle.'),
  'pull.no-runtime': spec('cluster', 503, 'The part of the platform that keeps images does not answer.', 'Nothing to do; the box tries again.'),
  'pull.no-space': spec('operator', 507, 'There is no room left for images on the disk.', 'Free room on the disk of this box; it goes on by itself.'),
  'pull.refused': spec('operator', 502, 'The registry refuses an image to this box.', 'Check the credentials of this registry; the box keeps trying.'),
  'pull.wrong-platform': spec('vendor', 502, 'An image was not made for the processor of this box.', 'Tell the vendor; what runs keeps running.'),
  ...STORAGE_PROBLEMS,
  // internal
  'internal.bug': spec('support', 500, 'The control plane met a fault of its own.', 'Send a support bundle.'),
} as const satisfies Record<string, ProblemSpec>;

export type ProblemCode = keyof typeof PROBLEMS;
const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];
export const ProblemCode = z.enum(codes);

/** A problem as it is stored and answered: code and detail; title and remedy are looked up, so that they can be translated. */
export const ProblemBody = z.strictObject({
  code: ProblemCode,
  /** What exactly, one line; may name a host or a digest, never a secret. */
  detail: z.string().max(512),
  /** Where it was seen: a component, a step, a file. */
  subject: z.string().max(256).optional(),
  since: z.iso.datetime().optional(),
});
export type ProblemBody = z.infer<typeof ProblemBody>;

/** The only error thrown on purpose. Edges translate into it; the engine never reads messages. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  /** Wait at least this long before trying again, in milliseconds, when the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ProblemCode, detail: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = safeLine(detail);
    this.retryAfterMs = options.retryAfterMs;
  }

  get body(): ProblemBody {
    return { code: this.code, detail: this.detail };
  }
}

/** One printable line of at most 512 characters: control and bidirectional characters become spaces (protocols §8). */
export function safeLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- removing control characters is the purpose
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return line.length <= 512 ? line : `${line.slice(0, 511)}…`;
}

/** The result of a pure check: a value, or the problem that stands against it. */
export type Verdict<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: ProblemBody };

export const accept = <T>(value: T): Verdict<T> => ({ ok: true, value });
export const refuse = (
  code: ProblemCode,
  detail: string,
  subject?: string,
): { ok: false; problem: ProblemBody } => ({
  ok: false,
  problem: { code, detail: safeLine(detail), ...(subject === undefined ? {} : { subject }) },
});

/** Turns whatever was thrown into a Problem; what is not one is a fault of ours. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal.bug', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
