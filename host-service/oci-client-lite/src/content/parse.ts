import { OciError } from '../errors.ts';
import type { Descriptor, ImageIndex, ImageManifest } from '../types.ts';
import { isDigest } from './digest.ts';
import { isObject, member, parseJson } from './json.ts';
import type { JsonObject } from './json.ts';
import { shapeOf } from './media-types.ts';

const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const MAX_TEXT = 65_536;
const MAX_DATA = 4 * 1024 * 1024;
const MAX_DESCRIPTORS = 10_000;

export type ParsedManifest =
  | { readonly kind: 'manifest'; readonly manifest: ImageManifest; readonly mediaType: string }
  | { readonly kind: 'index'; readonly index: ImageIndex; readonly mediaType: string };

/** Says where in a document something is wrong; turned into an `OciError` at the door. */
class Malformed extends Error {}

function text(object: JsonObject, name: string, where: string, max = MAX_TEXT): string | undefined {
  const value = member(object, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > max) throw new Malformed(`${where}.${name} is no text`);
  return value;
}

function mediaTypeOf(object: JsonObject, name: string, where: string): string | undefined {
  const value = text(object, name, where, 255);
  if (value === undefined || value === '') return undefined;
  if (!MEDIA_TYPE.test(value)) throw new Malformed(`${where}.${name} is no media type`);
  return value;
}

function annotationsOf(object: JsonObject, where: string): Readonly<Record<string, string>> | undefined {
  const value = member(object, 'annotations');
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new Malformed(`${where}.annotations is no object`);
  const entries: [string, string][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw new Malformed(`${where}.annotations has a value that is no text`);
    if (key !== '__proto__') entries.push([key, item]);
  }
  return Object.fromEntries(entries);
}

function platformOf(object: JsonObject, where: string): Descriptor['platform'] {
  const value = member(object, 'platform');
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new Malformed(`${where}.platform is no object`);
  const variant = text(value, 'variant', `${where}.platform`);
  const architecture = text(value, 'architecture', `${where}.platform`) ?? '';
  const os = text(value, 'os', `${where}.platform`) ?? '';
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

function urlsOf(object: JsonObject, where: string): readonly string[] | undefined {
  const value = member(object, 'urls');
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new Malformed(`${where}.urls is no list`);
  return value.map((item: unknown) => {
    if (typeof item !== 'string') throw new Malformed(`${where}.urls has an entry that is no text`);
    return item;
  });
}

function descriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new Malformed(`${where} is no object`);
  const mediaType = mediaTypeOf(value, 'mediaType', where);
  if (mediaType === undefined) throw new Malformed(`${where}.mediaType is missing`);
  const digest = member(value, 'digest');
  if (!isDigest(digest)) throw new Malformed(`${where}.digest is no sha256 digest`);
  const size = member(value, 'size');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new Malformed(`${where}.size is no whole number`);
  }
  const optional = {
    data: text(value, 'data', where, MAX_DATA),
    annotations: annotationsOf(value, where),
    artifactType: mediaTypeOf(value, 'artifactType', where),
    platform: platformOf(value, where),
    urls: urlsOf(value, where),
  };
  return { mediaType, digest, size, ...defined(optional) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(object: T): Defined<T> {
  const out: Defined<T> = {};
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) out[key] = value as Exclude<T[typeof key], undefined>;
  }
  return out;
}

function descriptors(object: JsonObject, name: string): readonly Descriptor[] {
  const value = member(object, name);
  // Go writes an empty list as null.
  if (value === null) return [];
  if (!Array.isArray(value)) throw new Malformed(`${name} is no list`);
  if (value.length > MAX_DESCRIPTORS) throw new Malformed(`${name} has more than ${MAX_DESCRIPTORS} entries`);
  return value.map((item: unknown, i) => descriptor(item, `${name}[${i}]`));
}

function common(body: JsonObject): Omit<ImageManifest, 'config' | 'layers'> {
  if (member(body, 'schemaVersion') !== 2) throw new Malformed('schemaVersion is not 2');
  const subject = member(body, 'subject');
  const optional = {
    mediaType: mediaTypeOf(body, 'mediaType', 'document'),
    artifactType: mediaTypeOf(body, 'artifactType', 'document'),
    subject: subject === undefined || subject === null ? undefined : descriptor(subject, 'subject'),
    annotations: annotationsOf(body, 'document'),
  };
  return { schemaVersion: 2, ...defined(optional) };
}

function parse(body: unknown, mediaType: string): ParsedManifest {
  const shape = shapeOf(mediaType);
  if (shape === undefined) throw new Malformed(`content type '${mediaType}' is no manifest`);
  if (!isObject(body)) throw new Malformed('not an object');
  const has = (name: string): boolean => Object.hasOwn(body, name);
  // A body that is both would mean one thing to us and another to others (CVE-2021-41190).
  if (has('manifests') && (has('layers') || has('config')))
    throw new Malformed('both an index and a manifest');
  const rest = common(body);
  if (rest.mediaType !== undefined && rest.mediaType !== mediaType) {
    throw new Malformed(`mediaType ${rest.mediaType} but content type ${mediaType}`);
  }
  if (shape === 'index')
    return { kind: 'index', mediaType, index: { ...rest, manifests: descriptors(body, 'manifests') } };
  const config = descriptor(member(body, 'config'), 'config');
  return { kind: 'manifest', mediaType, manifest: { ...rest, config, layers: descriptors(body, 'layers') } };
}

/**
 * Parses a manifest or index. Its kind comes from `mediaType` (the `Content-Type`, without parameters) and must
 * agree with the body; nothing is guessed. Unknown members are ignored.
 *
 * @throws OciError `protocol`
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, registry = ''): ParsedManifest {
  const body = parseJson(bytes, registry, 'manifest');
  try {
    return parse(body, mediaType);
  } catch (error) {
    if (error instanceof Malformed) throw new OciError('protocol', registry, `manifest: ${error.message}`);
    throw error;
  }
}
