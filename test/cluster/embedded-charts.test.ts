import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Release } from 'host-service/contract/release.ts';
import { overlayValues } from 'host-service/core/publish/values-overlay.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { digestFor, releaseJson } from '../fixtures/documents.ts';
import { CHART_OF, IMAGES, RELEASES } from '../fixtures/releases/releases.ts';
import { CHART_FOLDER, fluxBase, product } from '../flow/flux-base-files.ts';
import {
  at,
  isRecord,
  listAt,
  numberAt,
  recordAt,
  textAt,
  type Json,
  type Thing,
} from '../world/platform/fields.ts';
import { chartOf, render } from '../world/platform/flux/chart.ts';
import { ensureTools } from './build.ts';

const run = promisify(execFile);
const helm = (await ensureTools({ only: ['helm'], lookOnly: true })).paths.get('helm');
const Overlay = z.record(z.string(), z.record(z.string(), z.unknown()));
const files = fluxBase();
const algapsa = product();
const NAMESPACE = 'msp';

/** Values files of all components as the box writes them for a release. */
async function valuesOf(version: string, overlayFile: string): Promise<ReadonlyMap<string, string>> {
  const overlay = Overlay.parse(parse(await readFile(overlayFile, 'utf8')));
  const values = Object.keys(CHART_OF).map((component) => {
    const text = files.get(`profiles/single-node/${component}.yaml`) ?? '';
    const laid = overlayValues(component, text, overlay[component] ?? {});
    return [component, { 'single-node': laid.ok ? laid.value : '' }];
  });
  const images = IMAGES.map((key) => {
    const repository = `registry.example.com/vendor/${key.toLowerCase()}`;
    return [
      key,
      { repository, digest: digestFor(key === 'algaCore' ? 'alga-core' : key), size: 1, tag: 'abc1234' },
    ];
  });
  const release = Release.parse(
    releaseJson({
      version,
      product: algapsa.id,
      charts: {},
      images: Object.fromEntries(images),
      values: Object.fromEntries(values),
      inject: algapsa.inject,
      components: [],
    }),
  );
  const settings = { appUrl: 'http://192.168.1.20:3000' };
  const rendered = renderValues({ release, profile: 'single-node', settings, product: algapsa });
  if (!rendered.ok) throw new Error(rendered.problem.detail);
  return new Map(
    Object.keys(CHART_OF).map((component) => [
      component,
      rendered.value.get(`${component}/${component}.single-node.${version}.yaml`) ?? '',
    ]),
  );
}

/** What the two ways have to agree on: which objects, which images, where they listen and how they answer. */
function outline(object: Thing): Json {
  const pod = recordAt(object, 'spec', 'template', 'spec');
  const containers = (list: string): readonly Json[] =>
    listAt(pod, list).map((container) => ({
      name: textAt(container, 'name'),
      image: textAt(container, 'image'),
      ports: listAt(container, 'ports').map((port) => numberAt(port, 'containerPort')),
      standin: listAt(container, 'env').filter((one) => textAt(one, 'name').startsWith('STANDIN_')),
      readiness: Object.keys(recordAt(container, 'readinessProbe')).sort(),
    }));
  const label = object.metadata.labels?.['appliance.nineminds.com/component'];
  return {
    kind: object.kind,
    // The hash in a Job's name is of its own text in the one way and of its content in the other.
    name: label === undefined ? object.metadata.name : object.metadata.name.replace(/-[0-9a-f]{8}$/, '-HASH'),
    namespace: object.metadata.namespace ?? NAMESPACE,
    component: label,
    keep: object.metadata.annotations?.['helm.sh/resource-policy'],
    replicas: at(object, 'spec', 'replicas'),
    strategy: at(object, 'spec', 'strategy', 'type'),
    hostNetwork: at(pod, 'hostNetwork'),
    selector: at(object, 'spec', 'selector'),
    podLabels: at(object, 'spec', 'template', 'metadata', 'labels'),
    ports: object.kind === 'Service' ? at(object, 'spec', 'ports') : undefined,
    backoffLimit: at(object, 'spec', 'backoffLimit'),
    claims: listAt(object, 'spec', 'volumeClaimTemplates').map((one) => [
      textAt(one, 'metadata', 'name'),
      at(one, 'spec'),
    ]),
    claim: object.kind === 'PersistentVolumeClaim' ? at(object, 'spec') : undefined,
    init: containers('initContainers'),
    containers: containers('containers'),
  };
}

const isThing = (value: unknown): value is Thing => textAt(value, 'metadata', 'name') !== '';

const sorted = (objects: readonly Thing[]): readonly Json[] =>
  objects
    .map(outline)
    .sort((a, b) =>
      JSON.stringify([a['kind'], a['name']]) < JSON.stringify([b['kind'], b['name']]) ? -1 : 1,
    );

async function chartFiles(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const),
    ),
  );
}

describe.skipIf(helm === undefined)('the lists of the embedded world', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-embedded-charts-'));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function byHelm(component: string, chart: string, values: string): Promise<readonly Thing[]> {
    const file = join(folder, `${component}.yaml`);
    await writeFile(file, values);
    const args = ['template', component, join(CHART_FOLDER, chart), '-n', NAMESPACE, '-f', file];
    const { stdout } = await run(helm ?? '', args);
    return parseAllDocuments(stdout)
      .map((document) => document.toJS() as unknown)
      .filter(isThing);
  }

  const cases = RELEASES.flatMap(({ version, overlay }) =>
    Object.entries(CHART_OF).map(([component, chart]) => ({ version, overlay, component, chart })),
  );
  it.each(cases)(
    'make of $component in $version what helm makes of its chart',
    async ({ version, overlay, component, chart }) => {
      const text = (await valuesOf(version, overlay)).get(component) ?? '';
      const values: unknown = parse(text);
      const listed = render({
        chart: chartOf(await chartFiles(join(CHART_FOLDER, chart))),
        values: isRecord(values) ? values : {},
        release: { name: component, namespace: NAMESPACE },
      });
      const rendered = await byHelm(component, chart, text);
      expect(rendered.length).toBeGreaterThan(1);
      expect(sorted(listed)).toEqual(sorted(rendered));
    },
  );

  it('leave out what the values switch off, and refuse an image without a tag, as helm does', async () => {
    const tags = '{ repository: r, tag: t }';
    const off = `server: { image: ${tags} }\nsetup: { image: ${tags}, applianceBootstrap: { enabled: false } }\nwait: { image: ${tags} }\ndb: { enabled: false }\nredis: { enabled: false }\nfiles: { storageClassName: local }\n`;
    const chart = chartOf(await chartFiles(join(CHART_FOLDER, 'sebastian')));
    const release = { name: 'alga-core', namespace: NAMESPACE };
    const listed = render({ chart, values: parse(off) as Json, release });
    expect(sorted(listed)).toEqual(sorted(await byHelm('alga-core', 'sebastian', off)));
    expect(() => render({ chart, values: {}, release })).toThrow(/^execution error: /);
    await expect(byHelm('alga-core', 'sebastian', '{}')).rejects.toThrow(/execution error/);
  });
});
