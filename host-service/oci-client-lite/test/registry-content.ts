import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Digest } from '../src/types.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

export function sha(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface ContentOptions {
  readonly referrers?: 'api' | '404' | 'html';
  /** Lowest chunk the registry takes. */
  readonly minimumChunk?: number;
}

/** What lies in the registry, and its answers about that to whoever may ask. */
export class RegistryContent {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  readonly tags = new Map<string, string>();
  private readonly uploads = new Map<string, Buffer>();
  private readonly options: ContentOptions;

  constructor(options: ContentOptions) {
    this.options = options;
  }

  putBlob(repository: string, content: Uint8Array | string): { digest: Digest; size: number } {
    const bytes = Buffer.from(content);
    this.blobs.set(`${repository}@${sha(bytes)}`, bytes);
    return { digest: sha(bytes), size: bytes.length };
  }

  putManifest(repository: string, tag: string, document: object | string, type = MANIFEST): Digest {
    const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
    this.manifests.set(`${repository}@${sha(bytes)}`, { bytes, type });
    this.tags.set(`${repository}:${tag}`, sha(bytes));
    return sha(bytes);
  }

  private fail(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
  }

  /** Answers a request for anything below `/v2/`. */
  answer(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const parts = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname);
    const [, repository = '', kind, rest = ''] = parts ?? [];
    if (kind === 'manifests') this.manifest(request, response, repository, decodeURIComponent(rest), body);
    else if (kind === 'blobs' && rest.startsWith('uploads/'))
      this.upload(request, response, repository, url, body);
    else if (kind === 'blobs') this.blob(request, response, repository, decodeURIComponent(rest));
    else if (kind === 'tags') {
      const tags = [...this.tags.keys()]
        .filter((k) => k.startsWith(`${repository}:`))
        .map((k) => k.slice(repository.length + 1));
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: repository, tags }));
    } else if (kind === 'referrers') this.referrers(response, repository, decodeURIComponent(rest));
    else response.writeHead(200).end('{}');
  }

  private manifest(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    name: string,
    body: Buffer,
  ): void {
    if (request.method === 'PUT') {
      const type = request.headers['content-type'] ?? '';
      const digest = sha(body);
      this.manifests.set(`${repository}@${digest}`, { bytes: body, type });
      if (!name.startsWith('sha256:')) this.tags.set(`${repository}:${name}`, digest);
      const subject = (JSON.parse(body.toString()) as { subject?: { digest: string } }).subject?.digest;
      const indexed = subject !== undefined && this.options.referrers === 'api';
      response
        .writeHead(201, { 'docker-content-digest': digest, ...(indexed ? { 'oci-subject': subject } : {}) })
        .end();
      return;
    }
    const digest = name.startsWith('sha256:') ? name : this.tags.get(`${repository}:${name}`);
    const found = this.manifests.get(`${repository}@${digest ?? ''}`);
    if (found === undefined || digest === undefined) {
      this.fail(response, 404, 'MANIFEST_UNKNOWN');
      return;
    }
    const headers = { 'docker-content-digest': digest, etag: `"${digest}"`, 'content-type': found.type };
    if (request.headers['if-none-match'] === `"${digest}"`) response.writeHead(304, headers).end();
    else
      response
        .writeHead(200, { ...headers, 'content-length': found.bytes.length })
        .end(request.method === 'HEAD' ? '' : found.bytes);
  }

  private blob(request: IncomingMessage, response: ServerResponse, repository: string, digest: string): void {
    const bytes = this.blobs.get(`${repository}@${digest}`);
    if (bytes === undefined) {
      this.fail(response, 404, 'BLOB_UNKNOWN');
      return;
    }
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const part = bytes.subarray(Number(from ?? 0));
    const range = { 'content-range': `bytes ${from ?? 0}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': part.length,
      ...(from === undefined ? {} : range),
    });
    response.end(request.method === 'HEAD' ? '' : part);
  }

  private upload(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    url: URL,
    body: Buffer,
  ): void {
    const id = url.pathname.split('/').at(-1) ?? '';
    const location = (upload: string): string => `/v2/${repository}/blobs/uploads/${upload}?state=a%2Bb%3D`;
    const mount = url.searchParams.get('mount');
    if (request.method === 'POST') {
      const source = this.blobs.get(`${url.searchParams.get('from') ?? ''}@${mount ?? ''}`);
      if (source !== undefined) {
        this.putBlob(repository, source);
        response.writeHead(201, { location: `/v2/${repository}/blobs/${mount ?? ''}` }).end();
        return;
      }
      const fresh = randomUUID();
      this.uploads.set(fresh, Buffer.alloc(0));
      const minimum = this.options.minimumChunk;
      response.writeHead(202, {
        location: location(fresh),
        ...(minimum === undefined ? {} : { 'oci-chunk-min-length': String(minimum) }),
      });
      response.end();
      return;
    }
    const so = Buffer.concat([
      this.uploads.get(id) ?? Buffer.alloc(0),
      request.method === 'GET' ? Buffer.alloc(0) : body,
    ]);
    const digest = url.searchParams.get('digest');
    const range = request.headers['content-range'];
    if (!url.search.includes('state=a%2Bb%3D')) this.fail(response, 400, 'BLOB_UPLOAD_INVALID');
    else if (request.method === 'GET')
      response.writeHead(204, { location: location(id), range: `0-${so.length - 1}` }).end();
    else if (range !== undefined && Number(range.split('-')[0]) !== (this.uploads.get(id)?.length ?? 0)) {
      response.writeHead(416, { location: location(id) }).end();
    } else if (request.method === 'PATCH') {
      this.uploads.set(id, so);
      response.writeHead(202, { location: location(id), range: `0-${so.length - 1}` }).end();
    } else if (sha(so) !== digest) this.fail(response, 400, 'DIGEST_INVALID');
    else {
      this.putBlob(repository, so);
      response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
  }

  private referrers(response: ServerResponse, repository: string, digest: string): void {
    const how = this.options.referrers ?? '404';
    if (how === 'html')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>nothing here</html>');
    else if (how === '404')
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    else {
      const manifests = [...this.manifests].flatMap(([key, { bytes, type }]) => {
        const body = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string };
        if (!key.startsWith(`${repository}@`) || body.subject?.digest !== digest) return [];
        return [{ mediaType: type, digest: sha(bytes), size: bytes.length, artifactType: body.artifactType }];
      });
      response
        .writeHead(200, { 'content-type': INDEX })
        .end(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    }
  }
}
