import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { aboutOf, APP, appPart, type About } from './image-app.ts';
import { debianPart } from './image-debian.ts';
import { checkFolder, checkLayout, imageOf, writeLayout } from './image-layout.ts';
import { layerOf, writeTree, type Entry, type Layer } from './image-layer.ts';
import { nodePart } from './image-node.ts';
import type { Architecture, Part } from './image-parts.ts';
import { sbomText } from './image-sbom.ts';

export interface ImageOptions {
  /** Folder for the layout; replaced when it is an earlier one. */
  readonly folder: string;
  readonly architecture: Architecture;
  /** Default: that of package.json. */
  readonly version?: string | undefined;
  /** Default: the commit. */
  readonly revision?: string | undefined;
}

export interface BuiltImage {
  readonly digest: string;
  readonly about: About;
  /** Bytes to pull. */
  readonly size: number;
  readonly layers: readonly {
    readonly name: string;
    readonly digest: string;
    readonly size: number;
    readonly pulled: number;
  }[];
  readonly packages: number;
}

/** The architecture of this machine, in the image's words. */
export const ownArchitecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Beside the layout, for those who keep it apart from the image. */
const sbomPath = (folder: string): string => `${resolve(folder)}.spdx.json`;

function withSbom(
  part: Part,
  about: About,
  parts: readonly Part[],
): { tree: Map<string, Entry>; sbom: string } {
  const sbom = sbomText(about, parts);
  return { tree: new Map([...part.tree, [`${APP}/sbom.spdx.json`, { bytes: Buffer.from(sbom) }]]), sbom };
}

/**
 * Makes the control plane's image as an OCI layout, without a container engine: base, Node and our own files are three layers, so that a box
 * pulls a few megabytes when only we have changed. The same sources, packages and tools give the same digest.
 *
 * @throws NoDebian where there is no apt, or it does not offer what is pinned; Error when anything does not build
 */
export async function buildImage(options: ImageOptions): Promise<BuiltImage> {
  const { folder, architecture } = options;
  await checkFolder(folder);
  const about = await aboutOf(options);
  // First what may be missing on this machine.
  const base = await debianPart(architecture);
  const node = await nodePart(architecture);
  const app = await appPart(about);
  const { tree, sbom } = withSbom(app, about, [base, node, app]);
  const layers: Layer[] = [
    await layerOf('base', base.tree),
    await layerOf('node', node.tree),
    await layerOf('app', tree),
  ];
  const packages = [base, node, app].flatMap((part) => part.packages);
  const licences = ['Apache-2.0', ...packages.flatMap(({ license }) => license ?? [])];
  const image = imageOf({ about, architecture, layers, licences });
  await writeLayout(folder, image, about, architecture);
  await checkLayout(folder);
  await writeFile(sbomPath(folder), sbom);
  return {
    ...{ digest: image.digest, about, size: image.size },
    layers: layers.map(({ name, digest, size, gzipped }) => ({ name, digest, size, pulled: gzipped.length })),
    packages: packages.length,
  };
}

/** Node and our own files as a tree, for a builder that brings its own base (bootstrap/image/Dockerfile). Needs no apt. */
export async function buildTree(options: ImageOptions): Promise<About> {
  const about = await aboutOf(options);
  const node = await nodePart(options.architecture);
  const app = await appPart(about);
  await writeTree(options.folder, node.tree);
  await writeTree(options.folder, withSbom(app, about, [node, app]).tree);
  return about;
}
