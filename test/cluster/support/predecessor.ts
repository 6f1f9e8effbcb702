import { readFile, readdir, writeFile } from 'node:fs/promises';
import { pushChart, pushFluxArtifact, pushManifest } from '../registry.ts';
import { at } from './facts.ts';
import { json, V1_CONFIG } from './offers.ts';
import type { Vendor } from './vendor.ts';

const PROFILES = new URL('../../../flux-base/profiles/single-node/', import.meta.url);

const fixture = (name: string): Promise<string> =>
  readFile(new URL(`../../fixtures/documents/${name}`, import.meta.url), 'utf8');

const IMAGES: Readonly<Record<string, string>> = {
  algaCore: 'alga-psa-ee',
  workflowWorker: 'workflow-worker',
  emailService: 'email-service',
  temporalWorker: 'temporal-worker',
};

async function pushImage(registry: string, repository: string, tag: string): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', of: repository }));
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', bytes };
  await pushManifest(registry, `nine-minds/${repository}`, tag, { config, layers: [] });
}

const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** The product's own values by the predecessor's names of files. */
async function profileFiles(folder: string): Promise<Record<string, string>> {
  const names = await readdir(PROFILES);
  const texts = names.map(async (name) => {
    const key = `${folder}${name.replace('.yaml', '.single-node.yaml')}`;
    return [key, await readFile(new URL(name, PROFILES), 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** What a document of the predecessor names: images and charts by tag. Answers the digest of a bundle with values as files. */
async function pushParts(registry: string, document: unknown): Promise<string> {
  const core = String(at(document, 'images', 'algaCore'));
  for (const [key, repository] of Object.entries(IMAGES)) {
    await pushImage(registry, repository, textOf(at(document, 'images', key), core));
  }
  await pushImage(registry, 'alga-appliance-control-plane', String(at(document, 'controlPlane')));
  for (const [name, version] of Object.entries(Object(at(document, 'charts')) as Record<string, string>)) {
    const files = { [`${name}/Chart.yaml`]: JSON.stringify({ apiVersion: 'v2', name, version }) };
    await pushChart(registry, `nine-minds/charts/${name}`, { name, version }, files);
  }
  const files = await profileFiles('values/');
  return (await pushFluxArtifact(registry, 'nine-minds/alga-appliance-config', '1.0.3', files)).digest;
}

/** Publishes the document of seed 004, or one of the other shape, with a real digest put in, under one of the predecessor's tags. */
export async function publishV1(
  vendor: Vendor,
  tag: string,
  shape: 'seed' | 'profile-values',
): Promise<void> {
  const text = await fixture(`v1-${shape}.json`);
  // The other shape names no control plane, and this box has none baked in; its values are samples, these are the product's.
  const more = { controlPlane: '62cdce38', profileValues: await profileFiles('') };
  const named = shape === 'seed' ? text : JSON.stringify(Object.assign({}, json(Buffer.from(text)), more));
  const digest = await pushParts(vendor.registry, json(Buffer.from(named)));
  const bytes = Buffer.from(named.replace(/"sha256:[^"]*"/, JSON.stringify(digest)));
  await pushManifest(vendor.registry, 'nine-minds/alga-appliance-release', tag, {
    config: { mediaType: V1_CONFIG, bytes },
    layers: [],
  });
}

/** Lets the box read unsigned documents until a day, and what they name at the product's own registry. */
export async function allowUnsigned(vendor: Vendor, until: string): Promise<void> {
  await vendor.writeTrust(`allow-until ${until}`);
  const text = await readFile(vendor.trust, 'utf8');
  const wider = text
    .replace(/^registries:\n/m, 'registries:\n  - ghcr.io\n')
    .replace(/^repositories:\n/m, 'repositories:\n  - ghcr.io/nine-minds/*\n');
  await writeFile(vendor.trust, wider);
}
