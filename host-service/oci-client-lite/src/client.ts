import { runtimeOf } from './defaults.ts';
import { blobExists, downloadBlob, fetchBlob } from './pull/blob.ts';
import { fetchManifest, headManifest } from './pull/manifest.ts';
import { Referrers } from './pull/referrers.ts';
import type { ReferrersOptions } from './pull/referrers.ts';
import { listTags } from './pull/tags.ts';
import { uploadBlob } from './push/blob.ts';
import { uploadManifest } from './push/manifest.ts';
import { Router } from './registry/route.ts';
import { Session } from './registry/session.ts';
import type {
  BlobOptions,
  BlobSink,
  BlobSource,
  CallOptions,
  ClientOptions,
  Counters,
  Descriptor,
  Digest,
  FetchedManifest,
  HeadAnswer,
  ManifestOptions,
  OciClient,
  PushBlobOptions,
  PushManifestOptions,
  Reference,
  UnchangedManifest,
} from './types.ts';

class Client implements OciClient {
  private readonly session: Session;
  private readonly router: Router;
  private readonly listing: Referrers;

  constructor(options: ClientOptions) {
    this.session = new Session(runtimeOf(options));
    this.router = new Router(this.session);
    this.listing = new Referrers(this.session, this.router);
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

  async tags(ref: Reference, options: CallOptions = {}): Promise<readonly string[]> {
    return listTags(this.session, this.router, ref, options);
  }

  async referrers(ref: Reference, options: ReferrersOptions = {}): Promise<readonly Descriptor[]> {
    return this.listing.list(ref, options);
  }

  async pushBlob(ref: Reference, source: BlobSource, options: PushBlobOptions = {}): Promise<Digest> {
    return uploadBlob(this.session, ref, source, options);
  }

  async pushManifest(
    ref: Reference,
    bytes: Uint8Array,
    mediaType: string,
    options: PushManifestOptions = {},
  ): Promise<Digest> {
    return uploadManifest(this.session, ref, bytes, mediaType, options);
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
