import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OciClient } from 'oci-client-lite/types.ts';
import { z } from 'zod';
import { Key, Label, Line, Tag } from '../contract/names.ts';
import { Problem, type Verdict } from '../contract/problem.ts';
import { ChartPin, Requires, type ImagePin, type Release } from '../contract/release.ts';
import { overlayValues } from '../core/publish/values-overlay.ts';
import { readSmallText } from '../edges/files/small-file.ts';
import { parseStrictYaml } from '../edges/files/strict-yaml.ts';
import { inspect, revisionOf } from './inspect.ts';

const MAX_BYTES = 1024 * 1024;

/** The value of a verdict. @throws the Problem that stands against it */
export function valueOf<T>(verdict: Verdict<T>): T {
  if (verdict.ok) return verdict.value;
  throw new Problem(verdict.problem.code, verdict.problem.detail);
}

/** Reads a JSON or YAML file. @throws Problem config.* naming file, line and key */
export function readInput<S extends z.ZodType>(path: string, schema: S): z.output<S> {
  return parseStrictYaml(path, readSmallText(path, MAX_BYTES), schema);
}

/** charts.json: what `push chart` wrote. */
export const ChartsFile = z.record(Key, ChartPin);

/**
 * images.json: image key -> `repository:tag` or `repository@digest`; or an object, which can name the revision of an image that does not
 * carry one, and say that an image is not the vendor's own (a database, for example), so that its revision is not compared.
 */
export const ImagesFile = z.record(
  Key,
  z.union([
    z.string().min(1).max(512),
    z.strictObject({
      ref: z.string().min(1).max(512),
      tag: Tag.optional(),
      sourceRevision: Line.optional(),
      thirdParty: z.boolean().optional(),
    }),
  ]),
);
export type ImagesFile = z.infer<typeof ImagesFile>;

/** Text, or the content of a file when it does not look like a mapping. @throws Problem config.* */
export function requiresOf(given: string | undefined): Requires {
  if (given === undefined) return {};
  return given.trimStart().startsWith('{')
    ? parseStrictYaml('--requires', given, Requires)
    : readInput(given, Requires);
}

/** References of the images file, whatever their form. */
export const imageRefs = (images: ImagesFile): readonly string[] =>
  Object.values(images).map((image) => (typeof image === 'string' ? image : image.ref));

/** Keys of the images that the vendor builds, whose sources have to agree (B-03). */
export const ownImages = (images: ImagesFile): readonly string[] =>
  Object.entries(images)
    .filter(([, image]) => typeof image === 'string' || image.thirdParty !== true)
    .map(([key]) => key);

async function resolveImage(client: OciClient, image: ImagesFile[string]): Promise<ImagePin> {
  const given: Exclude<ImagesFile[string], string> = typeof image === 'string' ? { ref: image } : image;
  const found = await inspect(client, given.ref);
  const tag = given.tag ?? found.tag;
  const revision = Line.safeParse(given.sourceRevision ?? revisionOf(found));
  return {
    repository: found.repository,
    digest: found.digest,
    ...(tag === undefined ? {} : { tag }),
    size: found.size,
    ...(revision.success ? { sourceRevision: revision.data } : {}),
  };
}

/** Resolves tags to digests, once, at publish time (B-30: nothing mutable in a release). @throws Problem registry.*, release.incomplete */
export async function resolveImages(
  client: OciClient,
  images: ImagesFile,
): Promise<Record<string, ImagePin>> {
  const pins = await Promise.all(
    Object.entries(images).map(async ([key, image]): Promise<[string, ImagePin]> => [
      key,
      await resolveImage(client, image),
    ]),
  );
  return Object.fromEntries(pins);
}

/** Checks that each chart is there as recorded. @throws Problem registry.*, release.incomplete */
export async function checkCharts(
  client: OciClient,
  charts: Readonly<Record<string, ChartPin>>,
): Promise<void> {
  await Promise.all(
    Object.values(charts).map((chart) => inspect(client, `${chart.repository}@${chart.digest}`)),
  );
}

const Overlay = z.record(Label, z.record(z.string(), z.unknown()));

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Problem('config.unreadable', `${folder} cannot be read`, { cause });
  });
  return names.filter((name) => !name.startsWith('.')).sort();
}

/**
 * Values of a release from `<folder>/<profile>/<component>.yaml`, with overlays (component -> values) laid over every profile.
 *
 * @throws Problem config.*, publish.lint
 */
export async function readValues(folder: string, overlays: readonly string[]): Promise<Release['values']> {
  const values: Record<string, Record<string, string>> = {};
  for (const profile of await namesIn(folder)) {
    for (const file of await namesIn(join(folder, profile))) {
      const component = /^([a-z0-9-]+)\.ya?ml$/.exec(file)?.[1];
      if (component === undefined) continue;
      values[component] = {
        ...values[component],
        [profile]: readSmallText(join(folder, profile, file), MAX_BYTES),
      };
    }
  }
  for (const path of overlays) {
    for (const [component, overlay] of Object.entries(readInput(path, Overlay))) {
      const profiles = values[component];
      if (profiles === undefined)
        throw new Problem('publish.lint', `${path}: there are no values of ${component}`);
      for (const [profile, text] of Object.entries(profiles)) {
        profiles[profile] = valueOf(overlayValues(`${profile}/${component}.yaml`, text, overlay));
      }
    }
  }
  return values;
}
