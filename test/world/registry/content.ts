import { createHash, randomUUID } from 'node:crypto';

/** Manifest and its type as they were pushed. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface Upload {
  readonly repository: string;
  readonly chunks: Buffer[];
  size: number;
}

/** What one repository has; blobs are kept once for all repositories. */
export interface RepositoryContent {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, StoredManifest>;
  /** Tag -> digest. */
  readonly tags: Map<string, string>;
}

/** Uploads that are open at a time; the oldest is dropped for the next. */
const MAX_UPLOADS = 256;

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Everything the registry holds, in memory. Knows no HTTP. */
export class Content {
  private readonly repositories = new Map<string, RepositoryContent>();
  private readonly bytes = new Map<string, Buffer>();
  private readonly uploads = new Map<string, Upload>();

  /** undefined = nothing was ever pushed to it. */
  find(repository: string): RepositoryContent | undefined {
    return this.repositories.get(repository);
  }

  private open(repository: string): RepositoryContent {
    const known = this.repositories.get(repository);
    if (known !== undefined) return known;
    const made: RepositoryContent = { blobs: new Set(), manifests: new Map(), tags: new Map() };
    this.repositories.set(repository, made);
    return made;
  }

  blob(repository: string, digest: string): Buffer | undefined {
    return this.find(repository)?.blobs.has(digest) === true ? this.bytes.get(digest) : undefined;
  }

  addBlob(repository: string, digest: string, bytes: Buffer): void {
    this.bytes.set(digest, bytes);
    this.open(repository).blobs.add(digest);
  }

  /** False when the source has no such blob. */
  mount(repository: string, from: string, digest: string): boolean {
    const source = this.blob(from, digest);
    if (source === undefined) return false;
    this.addBlob(repository, digest, source);
    return true;
  }

  removeBlob(repository: string, digest: string): boolean {
    const removed = this.find(repository)?.blobs.delete(digest) ?? false;
    if (![...this.repositories.values()].some(({ blobs }) => blobs.has(digest))) this.bytes.delete(digest);
    return removed;
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    const content = this.find(repository);
    return content?.manifests.get(content.tags.get(reference) ?? reference);
  }

  addManifest(repository: string, manifest: StoredManifest, tag: string | undefined): void {
    const content = this.open(repository);
    content.manifests.set(manifest.digest, manifest);
    if (tag !== undefined) content.tags.set(tag, manifest.digest);
  }

  /** A tag goes alone; a digest takes its tags along. False when it is not there. */
  removeManifest(repository: string, reference: string): boolean {
    const content = this.find(repository);
    if (content === undefined) return false;
    if (content.tags.delete(reference)) return true;
    for (const [tag, digest] of content.tags) if (digest === reference) content.tags.delete(tag);
    return content.manifests.delete(reference);
  }

  /** Bytes of all blobs, manifests and open uploads. */
  size(): number {
    const blobs = [...this.bytes.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    return [...this.uploads.values()].reduce((sum, { size }) => sum + size, blobs);
  }

  startUpload(repository: string): string {
    const id = randomUUID();
    const [oldest] = this.uploads.keys();
    if (oldest !== undefined && this.uploads.size >= MAX_UPLOADS) this.uploads.delete(oldest);
    this.uploads.set(id, { repository, chunks: [], size: 0 });
    return id;
  }

  /** undefined when there is none, or it belongs to another repository. */
  upload(repository: string, id: string): Upload | undefined {
    const upload = this.uploads.get(id);
    return upload?.repository === repository ? upload : undefined;
  }

  endUpload(id: string): void {
    this.uploads.delete(id);
  }
}
