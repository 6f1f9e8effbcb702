import type { ChannelState } from '../contract/appliance.ts';
import type { ChannelStatement } from '../contract/documents/channel.ts';
import { Digest, Version } from '../contract/names.ts';
import type { ProblemBody } from '../contract/problem.ts';
import type { Answer } from '../core/decide/types.ts';
import { inRange } from '../core/decide/versions.ts';
import type { KnownRelease } from '../core/plan/observed.ts';
import { releaseTag } from '../core/release/digest.ts';
import { unsignedAllowed } from '../core/release/signature/rotate.ts';
import { verifySignatures } from '../core/release/signature/verify.ts';
import { withdrawalOf } from '../core/release/statement.ts';
import { knownReleases, take, type Run, type Taken } from './resolve/keep.ts';
import { lookAt, type Looked } from './resolve/look.ts';
import { floorOf, readRecord, rememberedStatement, trustFrom } from './resolve/record.ts';
import type { Resolution, ResolveInput, ResolveMemory, ResolvePorts } from './resolve-input.ts';

interface Asked {
  readonly answer: Answer;
  readonly looked: Looked;
  readonly tag: string;
}

type Failure = Exclude<Looked, { kind: 'artifact' }> | Extract<Taken, { ok: false }>;

function failed(failure: Failure): Answer {
  if (failure.kind === 'unavailable') return { kind: 'unavailable', problem: failure.problem };
  const digest = 'digest' in failure ? { digest: failure.digest } : {};
  return { kind: 'refused', problem: failure.problem, ...digest };
}

const refused = (problem: ProblemBody): Answer => ({ kind: 'refused', problem });

async function askTag(run: Run, tag: string): Promise<Asked> {
  const { repository } = run.input;
  const looked = await lookAt(run.ports.registry, { repository, reference: tag }, run.memory, run.signal);
  if (looked.kind !== 'artifact') return { answer: failed(looked), looked, tag };
  const taken = await take(run, looked.artifact, { source: 'channel', repository });
  if (!taken.ok) return { answer: failed(taken), looked, tag };
  const { digest } = taken.admitted.candidate;
  return { answer: { kind: 'resolved', digest, confirmations: looked.confirmations }, looked, tag };
}

/** The channel's tag; the predecessor's tag only where the other is not there and unsigned documents are still read. */
async function askChannel(run: Run): Promise<Asked> {
  const { product, repository } = run.input;
  const definition = product.release.channels[run.channel];
  if (definition === undefined) {
    const problem: ProblemBody = { code: 'request.invalid', detail: `there is no channel ${run.channel}` };
    return { answer: refused(problem), looked: { kind: 'refused', problem }, tag: '' };
  }
  const asked = await askTag(run, definition.tag);
  const absent = asked.answer.kind === 'unavailable' && asked.answer.problem.code === 'registry.not-found';
  if (!absent || definition.v1Tag === undefined || !unsignedAllowed(run.trust, run.now)) return asked;
  const floor = floorOf(run.record, { product: product.id, repository, channel: run.channel });
  return floor?.signedSeen === true ? asked : await askTag(run, definition.v1Tag);
}

/** A release that is kept here already and answers to a pin: version or either digest. */
function knownByPin(run: Run, pin: string): KnownRelease | undefined {
  const all = [...knownReleases(run).values()];
  const byDigest = all.find(({ digest, object }) => digest === pin || object.spec.ociDigest === pin);
  return byDigest ?? all.find(({ release }) => release.version === pin);
}

/** What is kept was admitted once; keys that were revoked since then, or a policy that has run out, still count against it. */
function askKept(run: Run, { object, release, digest }: KnownRelease): Answer {
  const { signed, signatures, document } = object.spec;
  const bytes = Buffer.from(document, 'base64');
  const bundles = signatures.map((text) => Buffer.from(text, 'base64'));
  const { trust } = run;
  const unsignedOk = !signed && unsignedAllowed(trust, run.now);
  const input = {
    bytes,
    bundles,
    trust,
    role: 'release',
    date: release.released,
    what: 'release document',
  } as const;
  const verified = verifySignatures(input);
  if (unsignedOk || verified.ok) return { kind: 'resolved', digest, confirmations: 2 };
  return { kind: 'refused', problem: verified.problem, digest };
}

/** Looks at one reference of a pinned release; the artifact must be what the pin says. */
async function askPinAt(run: Run, pin: string, reference: string): Promise<Answer> {
  const { repository } = run.input;
  const looked = await lookAt(run.ports.registry, { repository, reference }, run.memory, run.signal);
  if (looked.kind !== 'artifact') return failed(looked);
  const taken = await take(run, looked.artifact, { source: 'pin', repository });
  if (!taken.ok) return failed(taken);
  const { digest, version } = taken.admitted.candidate;
  if (![digest, version, looked.artifact.ociDigest].some((name) => name === pin)) {
    const detail = `${reference} is ${version} (${digest}), not ${pin}`;
    return refused({ code: 'release.damaged', detail });
  }
  return { kind: 'resolved', digest, confirmations: looked.confirmations };
}

/** A pin is a version, the digest of a release document or that of its manifest (design §4 "Pins"). */
async function askPin(run: Run, pin: string): Promise<Answer> {
  const known = knownByPin(run, pin);
  if (known !== undefined) return askKept(run, known);
  const digest = Digest.safeParse(pin);
  if (!digest.success) {
    if (Version.safeParse(pin).success) return await askPinAt(run, pin, pin);
    const detail = `'${pin}' is neither a version nor a sha256 digest`;
    return refused({ code: 'request.invalid', detail });
  }
  const byDocument = await askPinAt(run, pin, releaseTag(digest.data));
  const absent = byDocument.kind === 'unavailable' && byDocument.problem.code === 'registry.not-found';
  return absent ? await askPinAt(run, pin, digest.data) : byDocument;
}

/** Releases that the statement names beside its own: the stop on this box's way, and what replaces a withdrawn one. */
function namedBeside(run: Run, statement: ChannelStatement): readonly Digest[] {
  const known = knownReleases(run);
  const { running } = run.input;
  const version = running === undefined ? undefined : known.get(running)?.release.version;
  if (running === undefined || version === undefined) return [];
  const stop = statement.path.find(
    ({ from, release }) =>
      release.digest !== running && release.digest !== statement.release.digest && inRange(version, from),
  );
  const instead = withdrawalOf(statement, running)?.instead;
  return [stop?.release.digest, instead?.digest].flatMap((digest) =>
    digest === undefined || digest === statement.release.digest || known.has(digest) ? [] : [digest],
  );
}

async function fetchBeside(run: Run, statement: ChannelStatement): Promise<void> {
  for (const digest of namedBeside(run, statement)) {
    const answer = await askPinAt(run, digest, releaseTag(digest));
    if (answer.kind !== 'resolved') run.problems.push(answer.problem);
  }
}

async function takeBaked(run: Run): Promise<void> {
  const { baked, releases } = run.input;
  if (baked === undefined || releases.has(baked.digest)) return;
  const { artifact, digest } = baked;
  const taken = await take(run, artifact, {
    source: 'baked',
    repository: artifact.repository,
    expected: digest,
  });
  if (!taken.ok) run.problems.push({ ...taken.problem, subject: 'baked' });
}

function channelState(
  run: Run,
  asked: Asked,
  statement: ChannelStatement | undefined,
  requests: number,
): ChannelState {
  const { looked, answer, tag } = asked;
  return {
    name: run.channel,
    tag,
    ...(statement === undefined
      ? {}
      : { sequence: statement.sequence, issued: statement.issued, expires: statement.expires }),
    checkedAt: run.now.toISOString(),
    ...(run.memory.lastSuccessAt === undefined ? {} : { lastSuccessAt: run.memory.lastSuccessAt }),
    ...(looked.kind === 'artifact' ? { servedBy: looked.artifact.servedBy.slice(0, 255) } : {}),
    requests,
    ...(answer.kind === 'resolved' ? {} : { problem: answer.problem }),
  };
}

/**
 * RESOLVE: asks what the channel (or the pin) means now, verifies it, raises the floor, keeps the release. Being offline
 * and being refused are answers; a refusal writes nothing. One request when nothing has changed.
 *
 * @throws Problem cluster.*, trust.invalid
 */
export async function resolve(
  ports: ResolvePorts,
  input: ResolveInput,
  memory: ResolveMemory,
  signal: AbortSignal,
): Promise<Resolution> {
  const record = await readRecord(ports.cluster, input.namespace, signal);
  const run: Run = {
    ...{ ports, input, memory, signal, record },
    channel: input.intent.channel ?? input.product.release.defaultChannel,
    now: ports.clock.now(),
    trust: trustFrom(record, input.trust),
    stored: [],
    problems: [],
  };
  const before = ports.registry.counters().requests;
  await takeBaked(run);
  const asked = await askChannel(run);
  if (asked.answer.kind === 'resolved') memory.lastSuccessAt = run.now.toISOString();
  const of = { product: input.product.id, repository: input.repository, channel: run.channel };
  const statement = rememberedStatement(run.record, of);
  if (statement !== undefined && asked.answer.kind === 'resolved') await fetchBeside(run, statement);
  const { pin } = input.intent;
  const answer = pin === undefined ? asked.answer : await askPin(run, pin);
  const requests = ports.registry.counters().requests - before;
  const channel = channelState(run, asked, statement, requests);
  ports.log.debug('channel asked', { channel: run.channel, answer: answer.kind, requests });
  const retryAfterMs = asked.looked.kind === 'unavailable' ? asked.looked.retryAfterMs : undefined;
  const { trust, stored, problems } = run;
  return { answer, statement, channel, trust, stored, problems, retryAfterMs };
}
