import { createHmac } from 'node:crypto';
import { digestOf, type Upload } from './content.ts';
import { bodyOf, type Exchange, Refusal, sendBytes } from './exchange.ts';
import { DIGEST, REPOSITORY } from './names.ts';

const OCTETS = 'application/octet-stream';
const NOTHING = { 'content-length': 0 };

const badDigest = (text: string): Refusal =>
  new Refusal(400, 'DIGEST_INVALID', `${text} is no digest of this`);

/** Where a blob is fetched after a redirect: an address that works without a token because it is signed, as object storage gives it. */
export function storagePath(key: Buffer, repository: string, digest: string): string {
  const signature = createHmac('sha256', key).update(`${repository}@${digest}`).digest('hex');
  return `/storage/${repository}/${digest}?signature=${signature}`;
}

/** `/v2/<name>/blobs/<digest>`; `redirect` is where GET is sent on to. @throws Refusal */
export function answerBlob(
  exchange: Exchange,
  repository: string,
  digest: string,
  redirect: string | undefined,
): void {
  const { request, response, content } = exchange;
  if (!DIGEST.test(digest)) throw badDigest(digest);
  const unknown = new Refusal(404, 'BLOB_UNKNOWN', `${repository} has no ${digest}`);
  if (request.method === 'DELETE') {
    if (!content.removeBlob(repository, digest)) throw unknown;
    response.writeHead(202, NOTHING).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Refusal(405, 'UNSUPPORTED', `${request.method ?? ''} of a blob`);
  }
  const bytes = content.blob(repository, digest);
  if (bytes === undefined) throw unknown;
  if (redirect !== undefined && request.method === 'GET') {
    response.writeHead(307, { location: redirect, ...NOTHING }).end();
    return;
  }
  sendBytes(exchange, bytes, { digest, mediaType: OCTETS });
}

const locationOf = (repository: string, id: string): string =>
  `/v2/${repository}/blobs/uploads/${id}?state=open`;

function progressOf(repository: string, id: string, upload: Upload): Record<string, string> {
  return {
    location: locationOf(repository, id),
    range: `0-${Math.max(0, upload.size - 1)}`,
    'docker-upload-uuid': id,
  };
}

/** Reads what was sent onto the end of the upload. @throws Refusal 416 when it does not begin there, 413 */
async function append(exchange: Exchange, repository: string, id: string, upload: Upload): Promise<void> {
  const { request, content, limits } = exchange;
  const range = request.headers['content-range'];
  if (range !== undefined && Number(/^(\d{1,15})-\d{1,15}$/.exec(range)?.[1]) !== upload.size) {
    throw new Refusal(
      416,
      'BLOB_UPLOAD_INVALID',
      `${upload.size} bytes are here`,
      progressOf(repository, id, upload),
    );
  }
  const room = Math.min(limits.blobBytes - upload.size, limits.totalBytes - content.size());
  const bytes = await bodyOf(request, Math.max(0, room));
  upload.chunks.push(bytes);
  upload.size += bytes.length;
}

function finish(exchange: Exchange, repository: string, id: string, upload: Upload): void {
  const { response, url, content } = exchange;
  const wanted = url.searchParams.get('digest') ?? '';
  const bytes = Buffer.concat(upload.chunks);
  content.endUpload(id);
  if (!DIGEST.test(wanted) || digestOf(bytes) !== wanted) throw badDigest(wanted);
  content.addBlob(repository, wanted, bytes);
  response.writeHead(201, {
    location: `/v2/${repository}/blobs/${wanted}`,
    'docker-content-digest': wanted,
    ...NOTHING,
  });
  response.end();
}

/** `POST /v2/<name>/blobs/uploads/`: mounts, takes everything at once, or opens an upload. */
async function start(exchange: Exchange, repository: string): Promise<void> {
  const { response, url, content } = exchange;
  const [mount, from] = [url.searchParams.get('mount') ?? '', url.searchParams.get('from') ?? ''];
  if (DIGEST.test(mount) && REPOSITORY.test(from) && content.mount(repository, from, mount)) {
    const location = `/v2/${repository}/blobs/${mount}`;
    response.writeHead(201, { location, 'docker-content-digest': mount, ...NOTHING }).end();
    return;
  }
  const id = content.startUpload(repository);
  const upload = content.upload(repository, id);
  if (upload === undefined) throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', id);
  if (!url.searchParams.has('digest')) {
    response.writeHead(202, { ...progressOf(repository, id, upload), ...NOTHING }).end();
    return;
  }
  try {
    await append(exchange, repository, id, upload);
  } catch (error) {
    content.endUpload(id);
    throw error;
  }
  finish(exchange, repository, id, upload);
}

/** `/v2/<name>/blobs/uploads/[<id>]`. @throws Refusal */
export async function answerUpload(exchange: Exchange, repository: string, id: string): Promise<void> {
  const { request, response, content } = exchange;
  if (request.method === 'POST' && id === '') {
    await start(exchange, repository);
    return;
  }
  const upload = content.upload(repository, id);
  if (upload === undefined) throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
  if (request.method === 'PATCH') {
    await append(exchange, repository, id, upload);
    response.writeHead(202, { ...progressOf(repository, id, upload), ...NOTHING }).end();
  } else if (request.method === 'PUT') {
    await append(exchange, repository, id, upload);
    finish(exchange, repository, id, upload);
  } else if (request.method === 'GET') {
    response.writeHead(204, progressOf(repository, id, upload)).end();
  } else if (request.method === 'DELETE') {
    content.endUpload(id);
    response.writeHead(204).end();
  } else {
    throw new Refusal(405, 'UNSUPPORTED', `${request.method ?? ''} of an upload`);
  }
}
