import { CAPS } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { Release, RELEASE_SCHEMA, ReleaseEnvelope } from '../../contract/release.ts';
import { crossFaults, requiresFaults } from './document/cross-checks.ts';
import { checkSchema } from './document/issues.ts';
import { memberOf, readStrictJson } from './document/strict-json.ts';

/** A document of our minor in full; of a higher minor its frozen envelope only (design §4). */
export type ParsedRelease =
  | { readonly kind: 'release'; readonly release: Release }
  | { readonly kind: 'envelope'; readonly envelope: ReleaseEnvelope };

const NAME = /^appliance\.release\/v(\d{1,3})\.(\d{1,3})$/;
const V1_NAME = 'alga.appliance.release/v1';

interface SchemaVersion {
  readonly major: number;
  readonly minor: number;
}

function versionOf(name: unknown): SchemaVersion | undefined {
  const match = typeof name === 'string' ? NAME.exec(name) : null;
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}
const OURS = versionOf(RELEASE_SCHEMA) ?? { major: 0, minor: 0 };

/** Whether a JSON value is a document of the predecessor: by its schema, or without one by its `images.algaCore`. */
export function isV1Document(value: unknown): boolean {
  const schema = memberOf(value, 'schema');
  if (schema !== undefined) return schema === V1_NAME;
  return typeof memberOf(memberOf(value, 'images'), 'algaCore') === 'string';
}

/** Refuses what is no JSON of a release that this program may read; problems release.damaged and release.too-new. */
export function readReleaseJson(bytes: Uint8Array): Verdict<unknown> {
  const json = readStrictJson(bytes, CAPS.release);
  if (!json.ok) return refuse('release.damaged', `the release document cannot be read: ${json.why}`);
  if (isV1Document(json.value)) return accept(json.value);
  const version = versionOf(memberOf(json.value, 'schema'));
  if (version === undefined || version.major < OURS.major) {
    return refuse('release.damaged', 'this is not a release document: its schema is not known');
  }
  if (version.major > OURS.major) {
    return refuse('release.too-new', `schema v${version.major} is newer than v${OURS.major}`);
  }
  return accept(json.value);
}

/** Checks the JSON value of a release document; see {@link parseReleaseDocument}. */
export function checkReleaseJson(value: unknown): Verdict<ParsedRelease> {
  const version = versionOf(memberOf(value, 'schema'));
  if (version === undefined || version.major !== OURS.major) {
    return refuse('release.damaged', 'this is not a release document of schema v2');
  }
  if (version.minor > OURS.minor) {
    const envelope = checkSchema(ReleaseEnvelope, value, 'release.invalid', 'release document');
    if (!envelope.ok) return envelope;
    const [fault] = requiresFaults(envelope.value.requires);
    if (fault !== undefined) return refuse('release.invalid', `release document: ${fault}`);
    return accept({ kind: 'envelope', envelope: envelope.value });
  }
  const release = checkSchema(Release, value, 'release.invalid', 'release document');
  if (!release.ok) return release;
  const faults = crossFaults(release.value);
  if (faults.length > 0) {
    return refuse('release.invalid', `release document: ${faults.slice(0, 3).join('; ')}`);
  }
  return accept({ kind: 'release', release: release.value });
}

/**
 * Reads a release document from its exact bytes (design §4). Never throws.
 *
 * Problems: release.damaged (no UTF-8, no JSON, too large, a name twice, no release at all), release.too-new (higher
 * major), release.invalid (breaks the schema or refers to what it does not have).
 */
export function parseReleaseDocument(bytes: Uint8Array): Verdict<ParsedRelease> {
  const json = readReleaseJson(bytes);
  return json.ok ? checkReleaseJson(json.value) : json;
}
