import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { ControlPlaneConfig } from '../../contract/config.ts';
import { Product } from '../../contract/product.ts';
import { Trust } from '../../contract/trust.ts';
import { readSmallText } from './small-file.ts';
import { parseStrictYaml } from './strict-yaml.ts';

/** Bytes; product.yaml with a logo and all injections is some 30 KiB. */
const MAX_BYTES = 1024 * 1024;

const read = <S extends z.ZodType>(path: string, schema: S): z.output<S> =>
  parseStrictYaml(path, readSmallText(path, MAX_BYTES), schema);

/**
 * The control plane's configuration with its defaults; paths in it are resolved against the folder of the file.
 * @throws Problem config.unreadable, config.invalid
 */
export function readConfig(path: string): ControlPlaneConfig {
  const config = read(path, ControlPlaneConfig);
  const beside = (name: string): string => resolve(dirname(resolve(path)), name);
  const { kubernetes } = config;
  return {
    ...config,
    product: beside(config.product),
    trust: beside(config.trust),
    ...(config.baked === undefined ? {} : { baked: beside(config.baked) }),
    ...(config.ui === undefined ? {} : { ui: beside(config.ui) }),
    ...(config.claimCodeFile === undefined ? {} : { claimCodeFile: beside(config.claimCodeFile) }),
    kubernetes:
      kubernetes === 'in-cluster' ? kubernetes : { ...kubernetes, kubeconfig: beside(kubernetes.kubeconfig) },
  };
}

/** @throws Problem config.unreadable, config.invalid */
export const readProduct = (path: string): Product => read(path, Product);

/** @throws Problem config.unreadable, config.invalid */
export const readTrust = (path: string): Trust => read(path, Trust);

const withoutPassword = (address: string): string => address.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1[hidden]@');

/** The effective configuration as YAML for people (`--print-config`); passwords in proxy and mirror addresses are hidden. */
export function effectiveConfigText(config: ControlPlaneConfig): string {
  const { proxy, registries } = config;
  const hide = (address: string | undefined): string | undefined =>
    address === undefined ? undefined : withoutPassword(address);
  return stringify({
    ...config,
    registries: registries.map((entry) => ({ ...entry, mirrors: entry.mirrors.map(withoutPassword) })),
    ...(proxy === undefined ? {} : { proxy: { ...proxy, http: hide(proxy.http), https: hide(proxy.https) } }),
  });
}
