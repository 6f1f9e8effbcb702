import { runtimeOf } from './defaults.ts';
import { OciError } from './errors.ts';
import { blobExists, downloadBlob, fetchBlob } from './pull/blob.ts';
import { fetchManifest, headManifest } from './pull/manifest.ts';
import { Router } from './registry/route.ts';
import { Session } from './registry/session.ts';
import type {
  BlobOptions,
  BlobSink,
  CallOptions,
  ClientOptions,
  Counters,
  Descriptor,
  Digest,
  FetchedManifest,
  HeadAnswer,
  ManifestOptions,
  OciClient,
  Reference,
  UnchangedManifest,
} from './types.ts';

class Client implements OciClient {
  private readonly session: Session;
  private readonly router: Router;

  constructor(options: ClientOptions) {
    this.session = new Session(runtimeOf(options));
    this.router = new Router(this.session);
  }

  manifest(
    ref: Reference,
    options?: ManifestOptions & { readonly unless?: undefined },
  ): Promise<FetchedManifest>;
  manifest(ref: Reference, options: ManifestOptions): Promise<FetchedManifest | UnchangedManifest>;
  async manifest(
    ref: Reference,
    options: ManifestOptions = {},
  ): Promise<FetchedManifest | UnchangedManifest> {
    return fetchManifest(this.session, this.router, ref, options);
  }

  async blob(ref: Reference, descriptor: Descriptor, options: BlobOptions): Promise<Uint8Array> {
    return fetchBlob(this.session, this.router, ref, descriptor, options);
  }

  async blobTo(ref: Reference, descriptor: Descriptor, sink: BlobSink, options: BlobOptions): Promise<void> {
    return downloadBlob(this.session, this.router, ref, descriptor, sink, options);
  }

  async head(ref: Reference, options: CallOptions = {}): Promise<HeadAnswer | undefined> {
    return headManifest(this.session, this.router, ref, options);
  }

  async hasBlob(ref: Reference, digest: Digest, options: CallOptions = {}): Promise<boolean> {
    return blobExists(this.session, this.router, ref, digest, options);
  }

  tags(ref: Reference): Promise<readonly string[]> {
    return Promise.reject(new OciError('unsupported', ref.registry, 'not built yet'));
  }

  referrers(ref: Reference): Promise<readonly Descriptor[]> {
    return Promise.reject(new OciError('unsupported', ref.registry, 'not built yet'));
  }

  pushBlob(ref: Reference): Promise<Digest> {
    return Promise.reject(new OciError('unsupported', ref.registry, 'not built yet'));
  }

  pushManifest(ref: Reference): Promise<Digest> {
    return Promise.reject(new OciError('unsupported', ref.registry, 'not built yet'));
  }

  counters(): Counters {
    const { requests, connections, bytesReceived } = this.session.transport;
    return { requests, connections, bytesReceived };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Makes a client. It holds connections: call `close` when done. */
export function createClient(options: ClientOptions = {}): OciClient {
  return new Client(options);
}
