import { fileURLToPath } from 'node:url';
import { CONTRACT_NUMBER } from './contract/control-plane.ts';
import { Version } from './contract/names.ts';
import { readOwnManifest } from './edges/files/own-manifest.ts';

/** Of the sources; an image says its own. */
const SOURCE_VERSION = Version.parse('0.1.0');
/** Stands at the top of an image, as far from the sources as from the bundle. */
const MANIFEST = fileURLToPath(new URL('../../release-manifest.json', import.meta.url));

/** Which program this is. */
export interface OwnBuild {
  readonly version: Version;
  /** Tells two builds of one version apart. */
  readonly build: string;
  readonly contract: number;
  readonly sourceRevision: string | undefined;
  readonly built: string | undefined;
}

/** @throws Problem config.invalid when the image's manifest cannot be understood */
export function ownBuild(path: string = MANIFEST): OwnBuild {
  const manifest = readOwnManifest(path);
  const { version = SOURCE_VERSION, sourceRevision, built, contract = CONTRACT_NUMBER } = manifest ?? {};
  const build = `${version}-${manifest === undefined ? 'source' : (sourceRevision ?? 'image')}`;
  return { version, build, contract, sourceRevision, built };
}
