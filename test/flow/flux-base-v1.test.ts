import { Digest } from 'host-service/contract/names.ts';
import { upgradeV1 } from 'host-service/core/release/v1/upgrade.ts';
import { parseV1, v1References } from 'host-service/core/release/v1/references.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import { describe, expect, it } from 'vitest';
import { bytesOf, digestFor } from '../fixtures/documents.ts';
import { CHART_OF } from '../fixtures/releases/releases.ts';
import { fluxBase, product } from './flux-base-files.ts';

const algapsa = product();
const PROFILE = 'single-node';

/** A document as the predecessor publishes it: short tags, no signature, values as files in the bundle. */
const V1 = {
  schema: 'alga.appliance.release/v1',
  version: '1.0.3',
  channel: 'stable',
  valuesProfile: PROFILE,
  images: {
    algaCore: '62cdce38',
    workflowWorker: 'a2cbb43',
    emailService: '61e4a00e',
    temporalWorker: 'a2cbb43',
  },
  controlPlane: '62cdce38',
  config: {
    repository: 'ghcr.io/nine-minds/alga-appliance-config',
    version: '1.0.3',
    digest: digestFor('config'),
  },
  charts: {
    sebastian: '0.0.1',
    temporal: '0.1.0',
    'temporal-worker': '0.1.0',
    'workflow-worker': '0.1.0',
    'email-service': '0.1.0',
  },
};

function valueOf<T>(
  verdict:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly problem: { readonly detail: string } },
): T {
  if (!verdict.ok) throw new Error(verdict.problem.detail);
  return verdict.value;
}

describe('the product with documents of the predecessor', () => {
  const document = valueOf(parseV1(bytesOf(V1)));
  const references = valueOf(v1References(document, algapsa));
  const tagged = [...references.images.values(), ...references.charts.values(), references.controlPlane];
  const digests = new Map(
    tagged.flatMap((one) => {
      if (one === undefined || 'digest' in one) return [];
      const name = `${one.repository}:${one.tag}`;
      return [[name, { digest: Digest.parse(digestFor(name)), size: 1 }] as const];
    }),
  );
  const bundleFiles = new Map(
    Object.keys(CHART_OF).map((component) => [
      `profiles/${PROFILE}/${component}.${PROFILE}.yaml`,
      Buffer.from(fluxBase().get(`profiles/${PROFILE}/${component}.yaml`) ?? ''),
    ]),
  );
  const { release } = valueOf(upgradeV1({ document, references, digests, bundleFiles, product: algapsa }));

  it('reads seed 004 as a release: repositories, the expected set and injections from product.yaml', () => {
    expect(release.images['algaCore']?.repository).toBe('ghcr.io/nine-minds/alga-psa-ee');
    expect(release.controlPlane.repository).toBe('ghcr.io/nine-minds/alga-appliance-control-plane');
    expect(release.components.map(({ name }) => name)).toEqual(algapsa.components.map(({ name }) => name));
    expect(release.components.find(({ name }) => name === 'db')?.images).toEqual([]);
  });

  it('injects what the predecessor injects, by digest where it had a tag', () => {
    expect(release.inject.map(({ component, path }) => `${component}:${path}`)).toEqual([
      'alga-core:bootstrap.mode',
      'alga-core:appUrl',
      'alga-core:host',
      'alga-core:domainSuffix',
      'alga-core:setup.image.tag',
      'alga-core:server.image.tag',
      'temporal-worker:publicBaseUrl',
      'temporal-worker:image.tag',
      'workflow-worker:image.tag',
      'email-service:image.tag',
    ]);
    const settings = { appUrl: 'https://psa.example.net:8443' };
    const values = valueOf(renderValues({ release, profile: PROFILE, settings, product: algapsa }));
    const text = values.get('alga-core/alga-core.single-node.yaml') ?? '';
    expect(text).toContain(`62cdce38@${digestFor('ghcr.io/nine-minds/alga-psa-ee:62cdce38')}`);
    expect(text).toMatch(/^host: '?psa\.example\.net'?$/m);
  });
});
