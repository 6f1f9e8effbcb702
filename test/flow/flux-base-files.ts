import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Product } from 'host-service/contract/product.ts';
import { parse } from 'yaml';

/** The bundle's sources, and the charts that the tests use in place of the vendor's. */
export const FLUX_BASE = join(import.meta.dirname, '../../flux-base');
export const CHART_FOLDER = join(import.meta.dirname, '../fixtures/charts');

/** All YAML files of flux-base by their path in it. */
export function fluxBase(): ReadonlyMap<string, string> {
  const names = readdirSync(FLUX_BASE, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => [name, readFileSync(join(FLUX_BASE, name), 'utf8')]),
  );
}

/** A file of flux-base, parsed; the caller's schema says what it is. */
export const fluxBaseYaml = (name: string): unknown => parse(readFileSync(join(FLUX_BASE, name), 'utf8'));

/** The product of this repository. */
export const product = (): Product => Product.parse(fluxBaseYaml('product.yaml'));
