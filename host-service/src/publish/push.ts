import type { OciClient } from 'oci-client-lite/types.ts';
import { Key, Repository, type Version } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { ChartPin } from '../contract/release.ts';
import {
  ANNOTATION,
  fluxArtifact,
  helmArtifact,
  imageArtifact,
  type Artifact,
} from '../core/publish/artifact.ts';
import { findingLine, lintBundle } from '../core/lint/lint.ts';
import { chartOf } from '../core/publish/chart.ts';
import { packVariables, substitute } from '../core/publish/pack-variables.ts';
import { pack, type PackFile } from '../edges/archive/pack.ts';
import { unpack } from '../edges/archive/unpack.ts';
import { readProduct } from '../edges/files/config.ts';
import { readSmallText } from '../edges/files/small-file.ts';
import { CRDS_LOCK, checkFlux, fluxCrds } from './flux-folder.ts';
import { valueOf } from './inputs.ts';
import { pushImmutable } from './registry.ts';
import { nameOf, readTree, textOf } from './tree.ts';

/** What was pushed; the shape of a chart pin, so that it can go into charts.json as it is. */
export type Pushed = ChartPin & { readonly pushed: boolean };

const PRODUCT_CAP = 1024 * 1024;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function push(
  client: OciClient,
  repository: Repository,
  version: Version,
  artifact: Artifact,
): Promise<Pushed> {
  const pushed = await pushImmutable(client, repository, version, artifact);
  return { repository, version, digest: artifact.digest, size: artifact.size, pushed };
}

export interface BundleInput {
  readonly product: string;
  readonly from: string;
  /** Folders with the custom resource definitions of the delivery controllers. */
  readonly fluxCrds: readonly string[];
  readonly version: Version;
  readonly charts: Readonly<Record<string, ChartPin>>;
  readonly repository: Repository;
  readonly created: string;
  readonly source: string | undefined;
  readonly revision: string | undefined;
}

/** Folders of a config bundle (design §4); profiles travel in the release document, the rest stays with the vendor. */
const FOLDERS = /^(base|control-plane|flux)\//;

async function bundleFiles(input: BundleInput): Promise<Map<string, PackFile>> {
  const tree = await readTree(input.from);
  const files = new Map([...tree].filter(([path]) => FOLDERS.test(path)));
  files.set('product.yaml', { bytes: encode(readSmallText(input.product, PRODUCT_CAP)) });
  const crds = await fluxCrds(files, input.fluxCrds);
  if (crds !== undefined) files.set('flux/crds.yaml', { bytes: encode(crds) });
  files.delete(CRDS_LOCK);
  checkFlux(files);
  lint(tree, files, input);
  return files;
}

const LINT_NAMED = 4;

/** The rules of docs/develop.md over bundle and profiles, before variables are put in, so that lines are those of the sources. */
function lint(
  tree: ReadonlyMap<string, PackFile>,
  files: ReadonlyMap<string, PackFile>,
  input: BundleInput,
): void {
  const profiles = [...tree].filter(([path]) => path.startsWith('profiles/'));
  const texts = [...files, ...profiles].flatMap(([path, file]): [string, string][] => {
    const text = textOf(file);
    return text === undefined ? [] : [[path, text]];
  });
  const product = readProduct(input.product);
  const charts = new Set(Object.keys(input.charts));
  const findings = lintBundle(new Map(texts), { product, charts }).map(findingLine);
  if (findings.length === 0) return;
  const more = findings.length > LINT_NAMED ? `; and ${findings.length - LINT_NAMED} more` : '';
  throw new Problem('publish.lint', `${findings.slice(0, LINT_NAMED).join('; ')}${more}`);
}

function substituteAll(files: ReadonlyMap<string, PackFile>, input: BundleInput): Map<string, PackFile> {
  const variables = packVariables(input.version, input.charts);
  const out = new Map(files);
  for (const [path, file] of files) {
    const text = /\.ya?ml$/.test(path) ? textOf(file) : undefined;
    if (text === undefined) continue;
    out.set(path, { ...file, bytes: encode(valueOf(substitute(path, text, variables))) });
  }
  return out;
}

/** The config bundle as an artifact: same sources, same bytes, on every machine. @throws Problem publish.lint, config.* */
export async function bundleArtifact(input: BundleInput): Promise<Artifact> {
  const files = substituteAll(await bundleFiles(input), input);
  const packed = await pack(files);
  // What a box would refuse is not published.
  unpack(packed.bytes);
  return fluxArtifact({
    content: packed.bytes,
    tar: packed.tar,
    annotations: {
      [ANNOTATION.created]: input.created,
      [ANNOTATION.source]: input.source,
      [ANNOTATION.revision]: input.revision,
    },
  });
}

/** @throws Problem publish.exists, publish.lint, registry.*, config.* */
export async function pushBundle(client: OciClient, input: BundleInput): Promise<Pushed> {
  return push(client, input.repository, input.version, await bundleArtifact(input));
}

export interface ChartInput {
  readonly folder: string;
  /** Charts go to `<repository>/<chart name>`. */
  readonly repository: Repository;
  readonly version: Version;
  readonly created: string;
}

/** The chart in a folder as an artifact that helm reads. @throws Problem publish.lint, config.unreadable */
export async function chartArtifact(input: ChartInput): Promise<{ name: string; artifact: Artifact }> {
  const tree = await readTree(input.folder);
  const chartYaml = tree.get('Chart.yaml');
  if (chartYaml === undefined) throw new Problem('publish.lint', `${input.folder} has no Chart.yaml`);
  const chart = valueOf(chartOf(`${input.folder}/Chart.yaml`, textOf(chartYaml) ?? '', input.version));
  tree.set('Chart.yaml', { bytes: encode(chart.chartYaml) });
  const files = [...tree].map(([path, { bytes }]): [string, PackFile] => [
    `${chart.name}/${path}`,
    { bytes },
  ]);
  const packed = await pack(new Map(files), { layout: 'files' });
  const annotations = { ...chart.annotations, [ANNOTATION.created]: input.created };
  const artifact = helmArtifact({ content: packed.bytes, metadata: chart.metadata, annotations });
  return { name: chart.name, artifact };
}

/** @throws Problem publish.exists, publish.lint, registry.*, config.unreadable */
export async function pushChart(
  client: OciClient,
  input: ChartInput,
): Promise<{ name: string; pin: Pushed }> {
  const { name, artifact } = await chartArtifact(input);
  const repository = Repository.parse(`${input.repository}/${name}`);
  return { name, pin: await push(client, repository, input.version, artifact) };
}

export interface ImageInput {
  /** `KEY=DIR`, or a folder whose name is the key. */
  readonly image: string;
  readonly repository: Repository;
  readonly version: Version;
  readonly created: string;
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const kebab = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

/** Pushes a folder as a one-layer image. For stand-ins and rehearsals; real images come from the vendor's builder. @throws Problem */
export async function pushImage(client: OciClient, input: ImageInput): Promise<{ key: string; pin: Pushed }> {
  const parts = /^([^=/]+)=(.+)$/.exec(input.image);
  const folder = parts?.[2] ?? input.image;
  const key = parts?.[1] ?? nameOf(folder);
  const repository = Repository.safeParse(`${input.repository}/${kebab(key)}`);
  if (!Key.safeParse(key).success || !repository.success) {
    throw new Problem('request.invalid', `${key} is not a plain name for an image`);
  }
  const packed = await pack(await readTree(folder));
  const { created, architecture, entrypoint, labels } = input;
  const artifact = imageArtifact({
    content: packed.bytes,
    tar: packed.tar,
    created,
    architecture,
    entrypoint,
    labels,
  });
  return { key, pin: await push(client, repository.data, input.version, artifact) };
}
