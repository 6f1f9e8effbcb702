import { z } from 'zod';
import { type Content, digestOf, type StoredManifest } from './content.ts';
import { bodyOf, type Exchange, Refusal, sendBytes, sendJson } from './exchange.ts';
import { DIGEST, TAG } from './names.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const INDEXES: readonly string[] = [INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json'];
const IMAGES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(DIGEST),
  size: z.int().nonnegative(),
  urls: z.array(z.string()).optional(),
});
const Common = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  subject: Descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
};
const Image = z.object({ ...Common, config: Descriptor, layers: z.array(Descriptor) });
const Index = z.object({ ...Common, manifests: z.array(Descriptor) });
type Document = z.infer<typeof Image> | z.infer<typeof Index>;

const invalid = (message: string): Refusal => new Refusal(400, 'MANIFEST_INVALID', message);

/** @throws Refusal when it is none of the four kinds of manifest */
function parse(bytes: Buffer, mediaType: string): Document {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('not JSON');
  }
  const known = INDEXES.includes(mediaType) ? Index : IMAGES.includes(mediaType) ? Image : undefined;
  if (known === undefined) throw invalid(`${mediaType} is not the type of a manifest`);
  const parsed = known.safeParse(json);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
  const said = parsed.data.mediaType;
  if (said !== undefined && said !== mediaType) throw invalid(`${said} was sent as ${mediaType}`);
  return parsed.data;
}

/** Digests the manifest needs that the repository does not have; layers that live elsewhere need not be here. */
function absent(content: Content, repository: string, document: Document): readonly string[] {
  if ('manifests' in document) {
    return document.manifests
      .map(({ digest }) => digest)
      .filter((digest) => content.manifest(repository, digest) === undefined);
  }
  return [document.config, ...document.layers]
    .filter(({ urls }) => urls === undefined || urls.length === 0)
    .map(({ digest }) => digest)
    .filter((digest) => content.blob(repository, digest) === undefined);
}

async function put(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { request, response, content, limits } = exchange;
  const bytes = await bodyOf(request, limits.manifestBytes);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const document = parse(bytes, mediaType);
  const digest = digestOf(bytes);
  const byDigest = reference.includes(':');
  if (byDigest && reference !== digest) throw new Refusal(400, 'DIGEST_INVALID', `the bytes are ${digest}`);
  const [missing] = absent(content, repository, document);
  if (missing !== undefined) throw new Refusal(400, 'MANIFEST_BLOB_UNKNOWN', `${missing} is not here`);
  content.addManifest(repository, { digest, mediaType, bytes }, byDigest ? undefined : reference);
  response.writeHead(201, {
    'docker-content-digest': digest,
    location: `/v2/${repository}/manifests/${digest}`,
    'content-length': 0,
    ...(document.subject === undefined ? {} : { 'oci-subject': document.subject.digest }),
  });
  response.end();
}

/** `/v2/<name>/manifests/<reference>`. @throws Refusal */
export async function answerManifest(
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  const { request, response, content } = exchange;
  const valid = reference.includes(':') ? DIGEST.test(reference) : TAG.test(reference);
  if (!valid) throw invalid(`${reference} is neither tag nor digest`);
  if (request.method === 'PUT') {
    await put(exchange, repository, reference);
    return;
  }
  const unknown = new Refusal(404, 'MANIFEST_UNKNOWN', `${repository} has no ${reference}`);
  if (request.method === 'DELETE') {
    if (!content.removeManifest(repository, reference)) throw unknown;
    response.writeHead(202, { 'content-length': 0 }).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Refusal(405, 'UNSUPPORTED', `${request.method ?? ''} of a manifest`);
  }
  const found = content.manifest(repository, reference);
  if (found === undefined) throw unknown;
  sendBytes(exchange, found.bytes, found);
}

/** `/v2/<name>/tags/list`, in lexical order, `n` at a time. @throws Refusal */
export function answerTags(exchange: Exchange, repository: string): void {
  const { response, url, content } = exchange;
  const found = content.find(repository);
  if (found === undefined) throw new Refusal(404, 'NAME_UNKNOWN', `no repository ${repository}`);
  const last = url.searchParams.get('last') ?? '';
  const asked = url.searchParams.get('n') ?? '';
  const all = [...found.tags.keys()].sort().filter((tag) => tag > last);
  const tags = /^\d{1,9}$/.test(asked) ? all.slice(0, Number(asked)) : all;
  const end = tags.at(-1);
  const query = new URLSearchParams({ n: asked, last: end ?? '' });
  const link: Record<string, string> =
    end !== undefined && tags.length < all.length
      ? { link: `</v2/${repository}/tags/list?${query.toString()}>; rel="next"` }
      : {};
  sendJson(response, { name: repository, tags }, link);
}

/** What the listing says about a manifest with this subject (distribution-spec "Listing Referrers"). */
function referrerOf(stored: StoredManifest, subject: string): object | undefined {
  const document = parse(stored.bytes, stored.mediaType);
  if (document.subject?.digest !== subject) return undefined;
  const artifactType =
    document.artifactType ?? ('config' in document ? document.config.mediaType : undefined);
  const { digest, mediaType } = stored;
  return { mediaType, digest, size: stored.bytes.length, artifactType, annotations: document.annotations };
}

/** `/v2/<name>/referrers/<digest>`: an index, empty when there are none. @throws Refusal */
export function answerReferrers(exchange: Exchange, repository: string, subject: string): void {
  const { response, url, content } = exchange;
  if (!DIGEST.test(subject)) throw new Refusal(400, 'DIGEST_INVALID', `${subject} is no digest`);
  const wanted = url.searchParams.get('artifactType');
  const manifests = [...(content.find(repository)?.manifests.values() ?? [])]
    .map((stored) => referrerOf(stored, subject))
    .filter((entry) => entry !== undefined)
    .filter((entry) => wanted === null || ('artifactType' in entry && entry.artifactType === wanted));
  const filters: Record<string, string> = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' };
  sendJson(
    response,
    { schemaVersion: 2, mediaType: INDEX, manifests },
    { 'content-type': INDEX, ...filters },
  );
}
