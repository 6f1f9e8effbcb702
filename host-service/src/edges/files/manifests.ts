import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import type { KubeInput } from '../../engine/ports.ts';
import { readSmallText } from './small-file.ts';
import { parseStrictYaml } from './strict-yaml.ts';

const MAX_BYTES = 1024 * 1024;
const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/**
 * The objects of a folder, one in each `.yaml` file, in the order of the files' names.
 * @throws Problem config.unreadable, config.invalid
 */
export function readManifests(folder: string): readonly KubeInput[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
  } catch (cause) {
    throw new Problem('config.unreadable', `${folder} cannot be read`, { cause });
  }
  return names
    .toSorted()
    .map((name) => join(folder, name))
    .map((path) => {
      const { apiVersion, kind, metadata, ...fields } = parseStrictYaml(
        path,
        readSmallText(path, MAX_BYTES),
        Manifest,
      );
      const { name, namespace } = metadata;
      return { apiVersion, kind, metadata: { name, namespace }, ...fields };
    });
}
