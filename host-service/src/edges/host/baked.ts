import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CONTROL_PLANE_CONTAINER, ControlPlaneBuild, VERSION_LABEL } from '../../contract/control-plane.ts';
import { ObjectMeta } from '../../contract/objects.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import type { KubeInput, Log } from '../../engine/ports.ts';
import { readSmall } from './small-text.ts';

/** Bytes of one file. */
const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 64;

const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: ObjectMeta });
const Deployment = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })) }),
    }),
  }),
});

interface Baked {
  readonly objects: readonly KubeInput[];
  readonly build: ControlPlaneBuild;
}

/** @throws Problem config.invalid */
function objectsIn(path: string): readonly KubeInput[] {
  const text = readSmall(path, MAX_BYTES);
  if (text === undefined) throw new Problem('config.invalid', `${path} cannot be read`);
  // JSON is YAML, so one reader does for both.
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) throw new Problem('config.invalid', `${path} is not YAML`);
    const parsed = Manifest.safeParse(document.toJS({ maxAliasCount: 50 }));
    if (!parsed.success) throw new Problem('config.invalid', `${path} holds something that is no object`);
    const { metadata, ...fields } = parsed.data;
    const { name, namespace, labels, annotations } = metadata;
    return { ...fields, metadata: { name, namespace, labels, annotations } };
  });
}

/** The build that a Deployment names by digest. @throws Problem config.invalid */
function buildIn(object: KubeInput): ControlPlaneBuild {
  const { template } = Deployment.parse(object).spec;
  const image = template.spec.containers.find(({ name }) => name === CONTROL_PLANE_CONTAINER)?.image ?? '';
  const [repository, digest] = image.split('@');
  return ControlPlaneBuild.parse({ repository, digest, version: template.metadata.labels[VERSION_LABEL] });
}

function readBaked(paths: readonly string[]): Baked {
  const objects = paths.flatMap(objectsIn);
  const [plane, ...others] = objects.filter(({ kind }) => kind === 'Deployment');
  if (plane === undefined || others.length > 0)
    throw new Problem('config.invalid', 'what came with this host has not exactly one Deployment');
  return { objects, build: buildIn(plane) };
}

/** Names, sizes and times of the files: what tells that somebody put another set there. */
function printOf(folder: string): { readonly paths: readonly string[]; readonly print: string } {
  try {
    const names = readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name));
    const paths = names
      .toSorted()
      .slice(0, MAX_FILES)
      .map((name) => join(folder, name));
    const print = paths.map((path) => {
      const info = statSync(path);
      return `${path} ${info.mtimeMs} ${info.size}`;
    });
    return { paths, print: print.join('\n') };
  } catch {
    return { paths: [], print: '' };
  }
}

/**
 * What came with this host, in the order of the files' names; read again when the files change. undefined when there is no such folder; one that cannot
 * be used is told once and counts as none.
 */
export function bakedReader(folder: string, log: Log): () => Baked | undefined {
  const last: { print: string | undefined; baked: Baked | undefined } = {
    print: undefined,
    baked: undefined,
  };
  return () => {
    const { paths, print } = printOf(folder);
    if (print === last.print) return last.baked;
    last.print = print;
    try {
      last.baked = paths.length === 0 ? undefined : readBaked(paths);
    } catch (error) {
      last.baked = undefined;
      const detail =
        error instanceof z.ZodError ? 'its image is not named by digest' : problemOf(error).detail;
      log.error('what came with this host cannot be used', { folder, detail });
    }
    return last.baked;
  };
}
