import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Release } from 'host-service/contract/release.ts';
import { lintBundle } from 'host-service/core/lint/lint.ts';
import { overlayValues } from 'host-service/core/publish/values-overlay.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ensureTools } from '../cluster/build.ts';
import { digestFor, releaseJson } from '../fixtures/documents.ts';
import { CHART_OF, CHARTS, IMAGES, RELEASES } from '../fixtures/releases/releases.ts';
import { CHART_FOLDER, fluxBase, product } from './flux-base-files.ts';

const run = promisify(execFile);
const helm = (await ensureTools({ only: ['helm'], lookOnly: true })).paths.get('helm');
const files = fluxBase();
const algapsa = product();
const Overlay = z.record(z.string(), z.record(z.string(), z.unknown()));
const Meta = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

/** A release document of the stand-ins, with everything the product injects. */
async function documentOf(version: string, algaCore = 'alga-core'): Promise<Release> {
  const sample = RELEASES.find((one) => one.version === version);
  const overlay = Overlay.parse(parse(await readFile(sample?.overlay ?? '', 'utf8')));
  const values = Object.keys(CHART_OF).map((component) => {
    const text = files.get(`profiles/single-node/${component}.yaml`) ?? '';
    const laid = overlayValues(component, text, overlay[component] ?? {});
    return [component, { 'single-node': laid.ok ? laid.value : '' }];
  });
  const images = IMAGES.map((key) => {
    const digest = digestFor(key === 'algaCore' ? algaCore : key);
    return [
      key,
      { repository: `registry.example.com/vendor/${key.toLowerCase()}`, digest, size: 1, tag: 'abc1234' },
    ];
  });
  return Release.parse(
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
}

describe.skipIf(helm === undefined)('the stand-in charts with the values that the box writes', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-charts-'));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function render(release: Release): Promise<ReadonlyMap<string, string>> {
    const settings = { appUrl: 'http://192.168.1.20:3000' };
    const values = renderValues({ release, profile: 'single-node', settings, product: algapsa });
    if (!values.ok) throw new Error(values.problem.detail);
    const rendered = Object.entries(CHART_OF).map(async ([component, chart]): Promise<[string, string]> => {
      const key = `${component}.single-node.${release.version}.yaml`;
      const file = join(folder, key);
      await writeFile(file, values.value.get(`${component}/${key}`) ?? '');
      const args = ['template', component, join(CHART_FOLDER, chart), '-n', 'msp', '-f', file];
      return [component, (await run(helm ?? '', args)).stdout];
    });
    return new Map(await Promise.all(rendered));
  }

  const namesOf = (rendered: ReadonlyMap<string, string>, kind: string): readonly string[] =>
    [...rendered.values()]
      .flatMap((text) => parseAllDocuments(text).map((document) => Meta.safeParse(document.toJS())))
      .flatMap((meta) => (meta.success && meta.data.kind === kind ? [meta.data.metadata.name] : []))
      .toSorted();

  it('R-55, B-01, B-20, B-24, B-29, B-39 render without a finding in any release', async () => {
    for (const { version } of RELEASES) {
      const rendered = await render(await documentOf(version));
      expect(lintBundle(files, { product: algapsa, rendered, charts: new Set(CHARTS) })).toEqual([]);
    }
  });

  it('make the workloads that the product expects, and no others', async () => {
    const rendered = await render(await documentOf('1.0.0'));
    for (const kind of ['Deployment', 'StatefulSet']) {
      const expected = algapsa.components.filter((one) => one.kind === kind).map(({ name }) => name);
      expect(namesOf(rendered, kind)).toEqual(expected.toSorted());
    }
    const [job, ...others] = namesOf(rendered, 'Job');
    expect(others).toEqual([]);
    expect(job).toMatch(/^alga-core-sebastian-bootstrap-[0-9a-f]{8}$/);
  });

  it('B-30 run images by the digest of the release and by nothing else', async () => {
    const text = [...(await render(await documentOf('1.0.0'))).values()].join('\n');
    const images = [...text.matchAll(/^\s*image: (\S+)$/gm)].map((match) => match[1] ?? '');
    const digests = new Set(IMAGES.map((key) => digestFor(key === 'algaCore' ? 'alga-core' : key)));
    expect(images.length).toBeGreaterThan(10);
    for (const image of images)
      expect([...digests].filter((digest) => image.endsWith(`:abc1234@${digest}`))).toHaveLength(1);
  });

  it('R7 name the bootstrap Job by its work: the same again for the same image, another for another', async () => {
    const job = async (version: string, image?: string): Promise<readonly string[]> =>
      namesOf(await render(await documentOf(version, image)), 'Job');
    expect(await job('1.1.0')).toEqual(await job('1.0.0'));
    expect(await job('1.1.0', 'another')).not.toEqual(await job('1.0.0'));
  });

  it('B-26, B-33 give people the address of the settings', async () => {
    const rendered = await render(await documentOf('1.0.0'));
    for (const component of ['alga-core', 'temporal-worker']) {
      expect(rendered.get(component)).toContain('"http://192.168.1.20:3000"');
    }
  });

  it('answer badly exactly where a bad release says so', async () => {
    for (const { version, bad } of RELEASES) {
      const text = [...(await render(await documentOf(version))).values()].join('\n');
      expect(text.includes('value: "500"')).toBe(bad !== undefined);
    }
  });
});
