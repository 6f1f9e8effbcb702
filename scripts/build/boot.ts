import { access, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import {
  CONTRACT_LABEL,
  CONTRACT_RANGE,
  type ControlPlaneBuild,
} from '../../host-service/src/contract/control-plane.ts';
import { Digest, Repository, Version } from '../../host-service/src/contract/names.ts';
import { Product } from '../../host-service/src/contract/product.ts';
import { Trust } from '../../host-service/src/contract/trust.ts';
import { imagesInTar, imagesList, layoutTar, readLayoutImage, type BootImage } from './boot-images.ts';
import { bootObjects, objectsOf } from './boot-objects.ts';
import { programsTree } from './boot-programs.ts';
import { readTree, writeTree, type Entry } from './image-layer.ts';
import { ownArchitecture } from './image.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where the boot script and what it needs lie on a box. */
const HOME = 'usr/lib/appliance';
/** Parts of `bootstrap/` that a box gets. */
const SHIPPED = /^(bootstrap\.sh|lib\/[^/]+\.sh|k3s\/.+\.yaml|manifests\/[^/]+\.yaml)$/;

const USAGE = `node scripts/build/boot.ts --out DIR --repository REPOSITORY [OPTIONS]: what a box boots from, as files below DIR

  --out DIR            a file's place below it is its place on the box; new, empty, or an earlier one
  --repository R       repository of the control plane's image, as releases name it
  --image DIR          OCI layout of the control plane's image (default dist/image, npm run image)
  --product FILE       product.yaml (default flux-base/product.yaml)
  --trust FILE         trust.yaml of the box
  --programs           with the programs of the host, Node for them, and their units
  --images FILE        further images as a tar, as often as needed: those of the platform itself
`;

export interface BootOptions {
  readonly folder: string;
  readonly repository: string;
  readonly image: string;
  readonly product: string;
  readonly trust: string | undefined;
  /** Tars of further images. */
  readonly images: readonly string[];
  /** With the programs of the host (default: without). */
  readonly programs?: boolean;
}

const text = (value: string): Entry => ({ bytes: Buffer.from(value) });
const json = (value: unknown): Entry => text(`${JSON.stringify(value, undefined, 2)}\n`);

/** Files of a folder with this ending, by their names in order. */
async function texts(folder: string, ending: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => [
        name,
        await readFile(join(folder, name), 'utf8'),
      ]),
    ),
  );
}

/** Which build a layout is. @throws Error for an image that is no control plane */
function buildOf(
  repository: string,
  { digest, labels }: Awaited<ReturnType<typeof readLayoutImage>>,
): ControlPlaneBuild {
  const contract = Number(labels[CONTRACT_LABEL]);
  if (!(contract >= CONTRACT_RANGE.lowest && contract <= CONTRACT_RANGE.highest))
    throw new Error(`the image has no ${CONTRACT_LABEL} that fits: it is no control plane of ours`);
  return {
    repository: Repository.parse(repository),
    digest: Digest.parse(digest),
    version: Version.parse(labels['org.opencontainers.image.version']),
  };
}

/** The images of a box and the files that they are in. */
async function bakedImages(
  { image, images }: BootOptions,
  { repository, digest }: ControlPlaneBuild,
): Promise<{ list: readonly BootImage[]; files: ReadonlyMap<string, Entry> }> {
  const name = `${repository}@${digest}`;
  const files = new Map<string, Entry>([['control-plane.tar', { bytes: await layoutTar(image, name) }]]);
  for (const path of images) {
    if (files.has(basename(path))) throw new Error(`${basename(path)} is named twice`);
    files.set(basename(path), { bytes: await readFile(path) });
  }
  const list: BootImage[] = [];
  for (const [file, entry] of files)
    if ('bytes' in entry) list.push(...(await imagesInTar(file, entry.bytes)));
  if (!list.some((one) => one.name === name && one.digest === digest))
    throw new Error('the tar does not bring the image of the control plane');
  return { list, files };
}

/**
 * Puts together what `bootstrap.sh` uses: itself, the objects of the control plane with the image of this digest, our definitions, the images
 * and the list that they are compared with. The same input gives the same bytes.
 *
 * @throws Error when something does not fit
 */
export async function buildBoot(options: BootOptions): Promise<ControlPlaneBuild> {
  const layout = await readLayoutImage(options.image);
  const build = buildOf(options.repository, layout);
  const product = await readFile(options.product, 'utf8');
  Product.parse(parse(product));
  const source = join(ROOT, 'flux-base/control-plane');
  const definitions = objectsOf(await texts(join(source, 'crds'), '.yaml'));
  const objects = bootObjects(await texts(source, '.yaml'), build, product);
  const { list, files } = await bakedImages(options, build);
  const seconds = Math.floor(Date.parse(layout.created) / 1000);
  const own = await readTree(join(ROOT, 'bootstrap'), (path) => SHIPPED.test(path));
  const tree = new Map<string, Entry>([
    ...[...own].map(([path, entry]): [string, Entry] => [`${HOME}/${path}`, entry]),
    [`${HOME}/boot/build-time`, text(`${seconds}\n`)],
    [`${HOME}/boot/images.list`, text(imagesList(list))],
    ...[...files].map(([name, entry]): [string, Entry] => [`${HOME}/boot/images/${name}`, entry]),
    ...definitions.map((object): [string, Entry] => [
      `${HOME}/boot/crds/${object.metadata.name}.json`,
      json(object),
    ]),
    ...objects.map(({ file, object }): [string, Entry] => [
      `${HOME}/boot/control-plane/${file}`,
      json(object),
    ]),
  ]);
  if (options.trust !== undefined) {
    const trust = await readFile(options.trust, 'utf8');
    Trust.parse(parse(trust));
    tree.set('etc/appliance/trust.yaml', text(trust));
  }
  if (options.programs === true)
    for (const [path, entry] of await programsTree(HOME, ownArchitecture)) tree.set(path, entry);
  await replaceHome(options.folder);
  await writeTree(options.folder, tree);
  return build;
}

/** @throws Error when something else lies in the folder */
async function replaceHome(folder: string): Promise<void> {
  const present = await readdir(folder).catch((): string[] => []);
  const isOurs = await access(join(folder, HOME, 'bootstrap.sh')).then(
    () => true,
    () => false,
  );
  if (present.length > 0 && !isOurs) throw new Error(`${folder} is not empty and not an earlier boot folder`);
  await rm(join(folder, HOME), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      repository: { type: 'string' },
      image: { type: 'string', default: join(ROOT, 'dist/image') },
      product: { type: 'string', default: join(ROOT, 'flux-base/product.yaml') },
      trust: { type: 'string' },
      images: { type: 'string', multiple: true, default: [] },
      programs: { type: 'boolean', default: false },
    },
  });
  const { out, repository, ...rest } = values;
  if (out === undefined || repository === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const { version, digest } = await buildBoot({ folder: out, repository, trust: undefined, ...rest });
  process.stdout.write(`${version} ${digest}\n`);
}

if (import.meta.main) await main();
