import type { Tree } from './image-layer.ts';

/** As OCI and Debian call it. */
export type Architecture = 'amd64' | 'arm64';

/** Something that is in the image and has terms, for the bill of materials. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; undefined = its files say it. */
  readonly license: string | undefined;
  readonly purl: string;
  /** Hex, of what was fetched. */
  readonly sha256?: string | undefined;
  /** `sha512-<base64>`, as the lock file has it. */
  readonly integrity?: string | undefined;
  readonly comment?: string | undefined;
}

/** One layer before it is packed. */
export interface Part {
  readonly name: 'base' | 'node' | 'app';
  readonly tree: Tree;
  readonly packages: readonly Package[];
}
