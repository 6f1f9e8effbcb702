import { isDigest } from './content/digest.ts';
import { OciError } from './errors.ts';
import type { Digest, Reference } from './types.ts';

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?$`);
const DOCKER_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
/** Host and repository together (distribution-spec "Pulling manifests": clients may limit to 255). */
const MAX_NAME = 255;
const MAX_TEXT = 512;

function invalid(text: string, why: string): OciError {
  return new OciError('invalid-reference', '', `'${text.slice(0, 200)}' is not a reference: ${why}`);
}

/** True for a repository path as distribution-spec allows it. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_NAME && REPOSITORY.test(text);
}

/** True for a tag as distribution-spec allows it. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** True for `host`, `host:port`, `[v6]` or `[v6]:port` with a port of 1 to 65535. */
export function isRegistryHost(text: string): boolean {
  if (text.length > MAX_NAME || !HOST.test(text)) return false;
  const port = /:(\d+)$/.exec(text.replace(/^\[[^\]]*\]/, ''))?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return false;
  return URL.canParse(`https://${text}/`);
}

/** The first component is a host only if it looks like one; else the name is Docker Hub's. */
function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost' || first.startsWith('[');
  const registry = isHost ? first.toLowerCase() : 'docker.io';
  const path = isHost ? name.slice(slash + 1) : name;
  if (!DOCKER_NAMES.has(registry)) return { registry, repository: path };
  return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` };
}

function splitDigest(text: string, rest: string): { name: string; digest?: Digest } {
  const at = rest.indexOf('@');
  if (at < 0) return { name: rest };
  const digest = rest.slice(at + 1);
  if (!isDigest(digest))
    throw invalid(text, 'the digest must be sha256: and 64 lower-case hexadecimal digits');
  return { name: rest.slice(0, at), digest };
}

/**
 * Parses `[oci://][registry/]repository[:tag][@digest]`. No default tag is invented; docker.io's names are made one.
 *
 * @throws OciError `invalid-reference`
 */
export function parseReference(text: string): Reference {
  if (text.length > MAX_TEXT) throw invalid(text, 'it is too long');
  const { name: full, digest } = splitDigest(text, text.startsWith('oci://') ? text.slice(6) : text);
  const colon = full.lastIndexOf(':');
  const hasTag = colon > full.lastIndexOf('/') && colon > full.lastIndexOf(']');
  const tag = hasTag ? full.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTag(tag)) throw invalid(text, 'the tag is not valid');
  const { registry, repository } = splitRegistry(hasTag ? full.slice(0, colon) : full);
  if (!isRegistryHost(registry)) throw invalid(text, 'the registry is not a host name');
  if (!isRepository(repository)) throw invalid(text, 'the repository is not valid');
  if (registry.length + 1 + repository.length > MAX_NAME) throw invalid(text, 'the name is too long');
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The text that `parseReference` reads back as the same reference. */
export function formatReference(ref: Reference): string {
  const tag = ref.tag === undefined ? '' : `:${ref.tag}`;
  const digest = ref.digest === undefined ? '' : `@${ref.digest}`;
  return `${ref.registry}/${ref.repository}${tag}${digest}`;
}

/**
 * Checks a reference that did not come from `parseReference`; its parts go into URLs.
 *
 * @throws OciError `invalid-reference`
 */
export function checkReference(ref: Reference): void {
  const text = formatReference(ref);
  if (!isRegistryHost(ref.registry)) throw invalid(text, 'the registry is not a host name');
  if (!isRepository(ref.repository)) throw invalid(text, 'the repository is not valid');
  if (ref.tag !== undefined && !isTag(ref.tag)) throw invalid(text, 'the tag is not valid');
  if (ref.digest !== undefined && !isDigest(ref.digest)) throw invalid(text, 'the digest is not valid');
}

/** What a manifest URL ends with: the digest if there is one, else the tag. */
export function tagOrDigest(ref: Reference): string {
  const name = ref.digest ?? ref.tag;
  if (name === undefined) throw invalid(formatReference(ref), 'it names neither a tag nor a digest');
  return name;
}

export { isDigest };
