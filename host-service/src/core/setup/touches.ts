import type { SettingTouch } from '../../contract/api/intent.ts';
import type { Product } from '../../contract/product.ts';
import type { Release } from '../../contract/release.ts';
import { usesOf } from './uses.ts';

type Named = Pick<Release, 'components' | 'inject'>;

/**
 * What other answers to these questions touch, from where the release that runs takes them (else the product): parts whose values take the answer
 * are set up anew and restart where it makes a difference to them; parts that only read a Secret of it do so at their next start.
 */
export function touchesOf(
  product: Product,
  running: Named | undefined,
  settings: readonly string[],
): SettingTouch[] {
  const { components, inject } = running ?? product;
  const titleOf = (name: string): string =>
    // The package is what takes the values; a workload of the same name is only one part of it.
    (
      components.find((one) => one.name === name && one.kind === 'HelmRelease') ??
      components.find((one) => one.name === name)
    )?.title ?? name;
  return settings.map((setting) => {
    const restarts = inject
      .filter((one) => one.setting === setting)
      .map(({ component }) => titleOf(component));
    const secrets = new Set(usesOf(product, setting).map(({ secret }) => secret));
    const readBy = product.secrets
      .filter(({ namespace, name }) => secrets.has(`${namespace}/${name}`))
      .flatMap((secret) => (secret.readBy ?? []).map(titleOf));
    return { setting, restarts: unique(restarts), readBy: unique(readBy) };
  });
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
