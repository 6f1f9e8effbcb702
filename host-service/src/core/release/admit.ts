import type { ChannelStatement } from '../../contract/documents/channel.ts';
import type { Digest, Repository, Version } from '../../contract/names.ts';
import type { Floor } from '../../contract/objects.ts';
import { accept, refuse, type ProblemBody, type Verdict } from '../../contract/problem.ts';
import type { Release } from '../../contract/release.ts';
import type { Trust } from '../../contract/trust.ts';
import { checkAllowed, type References } from './allowed.ts';
import { digestOfBytes } from './digest.ts';
import { memberOf } from './document/strict-json.ts';
import { checkReleaseJson, isV1Document, readReleaseJson, type ParsedRelease } from './parse.ts';
import { unsignedAllowed } from './signature/rotate.ts';
import { verifySignatures } from './signature/verify.ts';
import { checkStatement, checkStatementJson, floorFor, readStatementJson } from './statement.ts';

/** One release reference as it came, and what it is judged by. */
export interface AdmissionInput {
  /** `pin` skips channel rules; `baked` and `imported` have their own rules about expiry (design §4). */
  readonly source: 'channel' | 'pin' | 'baked' | 'imported';
  /** Published bytes of the release document. */
  readonly document: Uint8Array;
  readonly statement: Uint8Array | undefined;
  /** A keys document that came along; judged by {@link applyKeys}, here only told apart by its signature. */
  readonly keys?: Uint8Array | undefined;
  readonly bundles: readonly Uint8Array[];
  readonly trust: Trust;
  readonly product: string;
  /** What was asked for: a statement must be about exactly this. */
  readonly repository: Repository;
  readonly channel: string;
  readonly floor: Floor | undefined;
  readonly now: Date;
  /** Baked: digest of the document that the image was built with. */
  readonly expected?: Digest | undefined;
  /** Imported: the release that an admin takes although its statement has expired. */
  readonly approvedExpired?: Digest | undefined;
  /** A v1 document read as v2 ({@link upgradeV1}); `document` is then the v1 document. */
  readonly upgraded?: { readonly document: Uint8Array } | undefined;
}

export interface Admitted {
  readonly ok: true;
  readonly candidate: {
    readonly digest: Digest;
    readonly version: Version;
    readonly release: Release;
    readonly signed: boolean;
    readonly source: AdmissionInput['source'];
  };
  /** What is kept: the published bytes, or for v1 the v2 document. */
  readonly document: Uint8Array;
  readonly statement: ChannelStatement | undefined;
  /** To be written before the release is used; undefined = the floor stays. */
  readonly nextFloor: Floor | undefined;
  readonly keyIds: readonly string[];
  readonly signed: boolean;
}
export type Admission =
  Admitted | { readonly ok: false; readonly problem: ProblemBody; readonly digest: Digest };

interface SignedBy {
  readonly signed: boolean;
  readonly keyIds: readonly string[];
}

function dateOf(json: unknown, name: 'released' | 'issued'): string | undefined {
  const date = memberOf(json, name);
  return typeof date === 'string' ? date : undefined;
}

/** Verifies, or lets a document without any signature pass where the dated policy still does. */
function signedOrAllowed(
  input: AdmissionInput,
  part: 'document' | 'statement',
  json: unknown,
): Verdict<SignedBy> {
  const isDocument = part === 'document';
  const bytes = (isDocument ? input.document : input.statement) ?? new Uint8Array();
  const others = [isDocument ? input.statement : input.document, input.keys];
  const verified = verifySignatures({
    bytes,
    bundles: input.bundles,
    trust: input.trust,
    role: isDocument ? 'release' : 'channel',
    date: dateOf(json, isDocument ? 'released' : 'issued'),
    siblings: others.filter((other) => other !== undefined).map(digestOfBytes),
    what: isDocument ? 'release document' : 'channel statement',
  });
  if (verified.ok) return accept({ signed: true, keyIds: verified.value.keyIds });
  if (verified.problem.code !== 'release.unsigned' || input.bundles.length > 0) return verified;
  if (!unsignedAllowed(input.trust, input.now)) return verified;
  if (floorFor(input.floor, input)?.signedSeen === true) {
    const text = `${verified.problem.detail}; signed releases were seen on ${input.channel} before`;
    return refuse('release.unsigned', text);
  }
  return accept({ signed: false, keyIds: [] });
}

interface JudgedStatement extends SignedBy {
  readonly statement: ChannelStatement;
  readonly nextFloor: Floor | undefined;
}

function judgeStatement(
  input: AdmissionInput,
  bytes: Uint8Array,
  release: { readonly digest: Digest; readonly version: Version },
  documentSigned: boolean,
): Verdict<JudgedStatement> {
  const json = readStatementJson(bytes);
  if (!json.ok) return json;
  const by = signedOrAllowed(input, 'statement', json.value);
  if (!by.ok) return by;
  const statement = checkStatementJson(json.value);
  if (!statement.ok) return statement;
  const baked = input.source === 'baked';
  const digest = digestOfBytes(bytes);
  const { product, repository, now } = input;
  // What is baked in may be of another channel than the one that was chosen later.
  const channel = baked ? statement.value.channel : input.channel;
  const approved = input.source === 'imported' && input.approvedExpired === release.digest;
  const verdict = checkStatement(statement.value, {
    ...{ product, repository, channel, now, release, digest },
    // The baked release is a fallback: what was seen since does not make it inadmissible.
    floor: baked ? undefined : input.floor,
    expiry: !baked && !approved,
  });
  if (!verdict.ok) return verdict;
  const { sequence } = statement.value;
  const before = floorFor(input.floor, { product, repository, channel });
  const signedSeen = (before?.signedSeen ?? false) || (documentSigned && by.value.signed);
  const raised = before === undefined || sequence > before.sequence || signedSeen !== before.signedSeen;
  const at = now.toISOString();
  const next: Floor = { product, repository, channel, sequence, statement: digest, release, signedSeen, at };
  const lower = before !== undefined && sequence < before.sequence;
  return accept({ ...by.value, statement: statement.value, nextFloor: raised && !lower ? next : undefined });
}

function judgeContent(input: AdmissionInput): Verdict<Omit<Admitted, 'ok'>> {
  const json = readReleaseJson(input.document);
  if (!json.ok) return json;
  const by = signedOrAllowed(input, 'document', json.value);
  if (!by.ok) return by;
  const document = contentOf(input, json.value);
  if (!document.ok) return document;
  const digest = digestOfBytes(document.value.bytes);
  if (input.expected !== undefined && input.expected !== digest) {
    return refuse('release.damaged', `the baked release is ${digest}, not ${input.expected}`);
  }
  const parsed = checkReleaseJson(document.value.json);
  if (!parsed.ok) return parsed;
  const content = parsed.value.kind === 'release' ? parsed.value.release : parsed.value.envelope;
  if (content.product !== input.product) {
    return refuse('release.wrong-product', `the release is of ${content.product}, not ${input.product}`);
  }
  const { version } = content;
  const channel = judgeChannel(input, { digest, version }, by.value.signed);
  if (!channel.ok) return channel;
  const allowed = checkAllowed(input.trust, namedBy(parsed.value));
  if (!allowed.ok) return allowed;
  if (parsed.value.kind === 'envelope') {
    const range = content.requires.controlPlane ?? `one that reads ${content.schema}`;
    return refuse('release.requires-control-plane', `${version} needs a newer control plane: ${range}`);
  }
  const candidate = { digest, version, release: parsed.value.release, ...pick(by.value, input) };
  return accept({
    candidate,
    document: document.value.bytes,
    statement: channel.value?.statement,
    nextFloor: channel.value?.nextFloor,
    keyIds: [...new Set([...by.value.keyIds, ...(channel.value?.keyIds ?? [])])],
    signed: by.value.signed,
  });
}

function namedBy(parsed: ParsedRelease): References {
  if (parsed.kind === 'release') return parsed.release;
  return { config: parsed.envelope.config, controlPlane: parsed.envelope.controlPlane };
}

const pick = (by: SignedBy, input: AdmissionInput) => ({ signed: by.signed, source: input.source });

/** The document that is kept: v1 only as it was read into v2. */
function contentOf(input: AdmissionInput, json: unknown): Verdict<{ bytes: Uint8Array; json: unknown }> {
  if (!isV1Document(json)) return accept({ bytes: input.document, json });
  if (input.upgraded === undefined) {
    return refuse('release.invalid', 'a document of schema v1 has to be read with the product definition');
  }
  const upgraded = readReleaseJson(input.upgraded.document);
  return upgraded.ok ? accept({ bytes: input.upgraded.document, json: upgraded.value }) : upgraded;
}

function judgeChannel(
  input: AdmissionInput,
  release: { readonly digest: Digest; readonly version: Version },
  documentSigned: boolean,
): Verdict<JudgedStatement | undefined> {
  if (input.source === 'pin' || input.upgraded !== undefined) return accept(undefined);
  if (input.statement !== undefined) return judgeStatement(input, input.statement, release, documentSigned);
  if (input.source === 'baked') return accept(undefined);
  return refuse(
    'release.no-statement',
    `channel ${input.channel} names a release without a signed statement`,
  );
}

/**
 * Judges what a reference brought, in the order of design §4: bytes, signature, schema, product, channel, repository,
 * sequence, expiry, withdrawal, registries. Pure; never throws; a refusal changes nothing.
 */
export function admitRelease(input: AdmissionInput): Admission {
  const verdict = judgeContent(input);
  if (verdict.ok) return { ok: true, ...verdict.value };
  return { ok: false, problem: verdict.problem, digest: digestOfBytes(input.document) };
}
