import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../contract/problem.ts';
import type { Digest } from '../../contract/names.ts';

/** What a manifest says about a blob. */
export interface Described {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The blob itself, as base64 (image-spec "Embedded content"). */
  readonly data?: string | undefined;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The whole file up to a cap; undefined when it is not there. A pipe or a device is refused before the first read. */
function readUpTo(path: string, maxBytes: number): Uint8Array | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = fstatSync(descriptor);
    if (!info.isFile()) throw new Problem('config.unreadable', `${path} is not a file`);
    if (info.size > maxBytes) {
      throw new Problem('release.damaged', `${path} has ${info.size} bytes; ${maxBytes} are the most`);
    }
    const bytes = Buffer.alloc(info.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof Problem) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    // A disk that fails is no mistake of anybody's configuration.
    if (code === 'EIO') {
      throw new Problem('release.damaged', `${path} cannot be read from its disk`, { cause: error });
    }
    throw new Problem('config.unreadable', `${path} cannot be read (${code ?? 'unknown'})`, {
      cause: error,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Content by digest in an OCI image layout (image-spec image-layout.md). A path is made of nothing but a checked digest. */
export class Blobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(digest: Digest): string {
    return join(this.#folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
  }

  /** A file of the layout itself. @throws Problem config.invalid when it is not there, config.unreadable, release.damaged */
  text(name: 'oci-layout' | 'index.json', maxBytes: number): string {
    const bytes = readUpTo(join(this.#folder, name), maxBytes);
    if (bytes !== undefined) return new TextDecoder().decode(bytes);
    throw new Problem('config.invalid', `${this.#folder} is not an OCI image layout: it has no ${name}`);
  }

  /** Bytes of a blob in the layout, 0 or more; undefined when it is not there. Nothing is read. @throws Problem config.unreadable */
  size(digest: Digest): number | undefined {
    try {
      const info = statSync(this.#path(digest), { throwIfNoEntry: false });
      return info?.isFile() === true ? info.size : undefined;
    } catch (error) {
      throw new Problem('config.unreadable', `${this.#path(digest)} cannot be looked at`, { cause: error });
    }
  }

  /**
   * The bytes with this digest, checked; undefined when they are not there.
   * @throws Problem release.damaged when they are others or too many, config.unreadable
   */
  read(digest: Digest, maxBytes: number): Uint8Array | undefined {
    const bytes = readUpTo(this.#path(digest), maxBytes);
    if (bytes !== undefined && hashOf(bytes) !== digest) {
      throw new Problem('release.damaged', `${this.#path(digest)} has other content than its name says`);
    }
    return bytes;
  }

  /** The blob of a descriptor, else what is embedded in it. @throws Problem release.damaged, config.unreadable */
  of({ digest, size, data }: Described, maxBytes: number): Uint8Array {
    if (size > maxBytes) {
      throw new Problem('release.damaged', `${digest} has ${size} bytes; ${maxBytes} are the most`);
    }
    const bytes = this.read(digest, maxBytes) ?? embedded(digest, data);
    if (bytes === undefined) throw new Problem('release.damaged', `${digest} is not in ${this.#folder}`);
    if (bytes.length !== size) {
      throw new Problem('release.damaged', `${digest} has ${bytes.length} bytes, not ${size}`);
    }
    return bytes;
  }
}

const hashOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function embedded(digest: Digest, data: string | undefined): Uint8Array | undefined {
  if (data === undefined) return undefined;
  const bytes = Buffer.from(data, 'base64');
  return hashOf(bytes) === digest ? bytes : undefined;
}
