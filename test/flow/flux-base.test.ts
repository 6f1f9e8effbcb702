import { FluxPin, Product } from 'host-service/contract/product.ts';
import { lintBundle } from 'host-service/core/lint/lint.ts';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { z } from 'zod';
import { CHARTS, CHART_OF, IMAGES } from '../fixtures/releases/releases.ts';
import { fluxBase, fluxBaseYaml, product } from './flux-base-files.ts';

const files = fluxBase();
const algapsa = product();
const pin = FluxPin.parse(fluxBaseYaml('flux/flux.yaml'));
const PROFILE = 'profiles/single-node';
const Labels = z.object({
  kind: z.string(),
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
});
const Workload = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string(), args: z.array(z.string()) })) }),
    }),
  }),
});

describe('product.yaml', () => {
  it('fits the contract and has its two channels beside the tags of first-generation boxes', () => {
    expect(Product.safeParse(fluxBaseYaml('product.yaml')).success).toBe(true);
    const { channels } = algapsa.release;
    expect(Object.entries(channels).map(([name, channel]) => [name, channel.tag, channel.v1Tag])).toEqual([
      ['stable', 'stable-v2', 'stable'],
      ['nightly', 'nightly-v2', 'nightly'],
    ]);
  });

  it('B-46 injects only into places that the values files have, from settings and images that exist', () => {
    const offences = algapsa.inject.flatMap((one) => {
      const text = files.get(`${PROFILE}/${one.component}.yaml`);
      const there = text !== undefined && parseDocument(text).hasIn(one.path.split('.'));
      const setting = one.setting === undefined || Object.hasOwn(algapsa.settings, one.setting);
      const image = one.image === undefined || IMAGES.some((key) => key === one.image);
      return there && setting && image ? [] : [`${one.component}:${one.path}`];
    });
    expect(offences).toEqual([]);
  });

  it('B-06 generates secrets or takes them from settings that exist', () => {
    const asked = algapsa.secrets.flatMap(({ keys }) =>
      Object.values(keys).flatMap((key) =>
        'setting' in key && key.setting !== undefined ? [key.setting] : [],
      ),
    );
    expect(asked.filter((name) => !Object.hasOwn(algapsa.settings, name))).toEqual([]);
    const shared = algapsa.secrets.find(({ name }) => name === 'alga-psa-shared');
    expect(shared?.keys).toEqual({ ALGA_AUTH_KEY: { generate: 'hex', bytes: 32 } });
  });

  it('expects what the bundle delivers: three stages, six releases, and one gate before them', () => {
    const names = (kind: string): readonly string[] =>
      algapsa.components.filter((one) => one.kind === kind).map(({ name }) => name);
    expect(names('Kustomization')).toEqual(['alga-platform', 'alga-core', 'alga-background']);
    expect(names('HelmRelease').toSorted()).toEqual(Object.keys(CHART_OF).toSorted());
    expect(algapsa.components.filter(({ gate }) => gate).map(({ name }) => name)).toEqual([
      'alga-core-sebastian-bootstrap',
    ]);
    expect(algapsa.components.map(({ chart }) => chart).filter((chart) => chart !== undefined)).toEqual(
      Object.values(CHART_OF),
    );
  });

  it('R8, B-18 declares the namespaces with their levels; that of Flux is labelled alike by both who make it', () => {
    const namespaces = Object.fromEntries(algapsa.namespaces.map(({ name, labels }) => [name, labels]));
    expect(namespaces['msp']).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'privileged' });
    const made = Labels.parse(fluxBaseYaml('flux/namespace.yaml'));
    expect(made.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'appliance',
      ...namespaces['flux-system'],
    });
  });
});

describe('the bundle', () => {
  it('R-55 has no finding', () => {
    expect(lintBundle(files, { product: algapsa, charts: new Set(CHARTS) })).toEqual([]);
  });

  it('has a finding as soon as a name in it is misspelt', () => {
    const broken = new Map(files);
    const path = 'base/background/releases.yaml';
    broken.set(path, (files.get(path) ?? '').replace('name: chart-temporal-', 'name: chart-temporl-'));
    expect(lintBundle(broken, { product: algapsa }).map(({ file, rule }) => [file, rule])).toEqual([
      [path, 'references'],
    ]);
  });

  it('R14 pulls nothing from docker.io', () => {
    const offences = [...files].filter(([, text]) => /docker\.(io|com)/.test(text));
    expect(offences.map(([name]) => name)).toEqual([]);
  });

  it('B-16, B-60 repeats what fails and leaves going back to the control plane', () => {
    const releases = ['core', 'background'].flatMap((stage) =>
      parseAllDocuments(files.get(`base/${stage}/releases.yaml`) ?? ''),
    );
    expect(releases).toHaveLength(6);
    for (const release of releases) {
      for (const action of ['install', 'upgrade']) {
        expect(release.getIn(['spec', action, 'strategy', 'name'])).toBe('RetryOnFailure');
        expect(release.getIn(['spec', action, 'remediation'])).toBeUndefined();
      }
    }
  });
});

describe('the pinned Flux', () => {
  const deployments = parseAllDocuments(files.get('flux/deployments.yaml') ?? '').map((document) =>
    Workload.parse(document.toJS()),
  );

  it('B-36 runs exactly the images that flux.yaml names', () => {
    const running = deployments.map(({ metadata, spec }) => ({
      name: metadata.name,
      image: spec.template.spec.containers[0]?.image,
    }));
    expect(running).toEqual(pin.controllers);
  });

  it('takes up a new revision while it still waits for an old one, and fetches no remote base', () => {
    const args = (name: string): readonly string[] =>
      deployments.find(({ metadata }) => metadata.name === name)?.spec.template.spec.containers[0]?.args ??
      [];
    expect(args('kustomize-controller')).toContain('--no-remote-bases=true');
    for (const name of ['kustomize-controller', 'helm-controller']) {
      expect(args(name)).toContain('--feature-gates=CancelHealthCheckOnNewRevision=true');
    }
    for (const { metadata } of deployments) expect(args(metadata.name)).toContain('--requeue-dependency=5s');
  });

  it('lists manifests that are there, but for the definitions, which packing adds from the lock', () => {
    const missing = pin.manifests.filter((name) => !files.has(`flux/${name}`));
    expect(missing).toEqual(['crds.yaml']);
    const lock = files.get('flux/crds.lock.yaml') ?? '';
    for (const served of pin.serves) {
      const [group, , plural] = served.split('/');
      expect(lock).toContain(`/${group ?? ''}_${plural ?? ''}.yaml`);
    }
    for (const { name, image } of pin.controllers) {
      const version = /:(v[^@]+)@/.exec(image)?.[1] ?? '';
      expect(lock).toContain(`module: github.com/fluxcd/${name}\n    version: ${version}\n`);
    }
  });
});
