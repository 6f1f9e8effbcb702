import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { ChartsFile, ImagesFile, readInput } from '../inputs.ts';
import type { Outcome } from '../output.ts';
import { pushLayout } from '../layout/push-layout.ts';
import { pushBundle, pushChart, pushImage, type Pushed } from '../push.ts';
import { repositoryOf } from '../registry.ts';
import { writeResult } from '../tree.ts';
import {
  action,
  argumentsAction,
  collect,
  createdOf,
  timeArgument,
  versionArgument,
  withClient,
  type GlobalOptions,
  type Shell,
} from './shared.ts';

interface PushOptions extends GlobalOptions {
  readonly repository: string;
  readonly version: Version;
  readonly created?: string;
}
interface BundleOptions extends PushOptions {
  readonly product: string;
  readonly from: string;
  readonly charts: string;
  readonly fluxCrds?: readonly string[];
  readonly source?: string;
  readonly sourceRevision?: string;
}
interface ChartOptions extends PushOptions {
  readonly out: string;
}
interface ImageOptions extends ChartOptions {
  readonly arch: string;
  readonly entrypoint?: string;
  readonly label?: readonly string[];
  readonly sourceRevision?: string;
}

const line = ({ repository, version, digest, size, pushed }: Pushed): string =>
  `${pushed ? 'pushed' : 'is there'} ${repository}:${version}@${digest} (${size} bytes)`;

const withTarget = (command: Command): Command =>
  command
    .requiredOption('--repository <host/path>', 'where to push')
    .requiredOption('--version <version>', 'version, and tag; it never changes its content', versionArgument)
    .option('--created <time>', 'time of making; default SOURCE_DATE_EPOCH, else the epoch', timeArgument);

function addBundle(push: Command, shell: Shell): void {
  withTarget(push.command('bundle'))
    .description('pack and push the config bundle, with the digests of the charts inside')
    .requiredOption('--product <file>', 'product.yaml')
    .requiredOption('--from <folder>', 'folder with base/, control-plane/ and flux/')
    .requiredOption('--charts <file>', 'charts.json that `push chart` wrote')

    .option(
      '--flux-crds <folder>',
      'definitions of the delivery controllers, packed as flux/crds.yaml; several times',
      collect,
    )
    .option('--source <url>', 'where the sources are')
    .option('--source-revision <revision>', 'which sources: <branch or tag>@sha1:<commit>')
    .action(
      action<BundleOptions>(shell, async (options) =>
        withClient(shell.context, options, [options.repository], async (client) => {
          const pushed = await pushBundle(client, {
            product: options.product,
            from: options.from,
            fluxCrds: options.fluxCrds ?? [],
            version: options.version,
            charts: readInput(options.charts, ChartsFile),
            repository: await repositoryOf(options.repository),
            created: createdOf(shell.context, options.created),
            source: options.source,
            revision: options.sourceRevision,
          });
          return { value: pushed, lines: [line(pushed)] };
        }),
      ),
    );
}

const pinOf = ({ repository, version, digest, size }: Pushed): object => ({
  repository,
  version,
  digest,
  size,
});

async function pushCharts(shell: Shell, options: ChartOptions, folders: readonly string[]): Promise<Outcome> {
  return withClient(shell.context, options, [options.repository], async (client) => {
    const repository = await repositoryOf(options.repository);
    const created = createdOf(shell.context, options.created);
    const charts = new Map<string, Pushed>();
    for (const folder of folders) {
      const { name, pin } = await pushChart(client, {
        folder,
        repository,
        version: options.version,
        created,
      });
      if (charts.has(name)) throw new Problem('publish.lint', `two charts have the name ${name}`);
      charts.set(name, pin);
    }
    await writeResult(options.out, Object.fromEntries([...charts].map(([name, pin]) => [name, pinOf(pin)])));
    return { value: Object.fromEntries(charts), lines: [...charts.values()].map(line) };
  });
}

function addChart(push: Command, shell: Shell): void {
  withTarget(push.command('chart'))
    .argument('<folder...>', 'folders with a Chart.yaml each; pushed to <repository>/<chart name>')
    .description('pack and push charts')
    .option('--out <file>', 'file for names and digests', 'charts.json')
    .action(argumentsAction<ChartOptions>(shell, (options, folders) => pushCharts(shell, options, folders)));
}

function labelsOf(options: ImageOptions): Record<string, string> {
  const pairs = (options.label ?? []).map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new Problem('request.invalid', `--label ${text} is not NAME=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const { version, sourceRevision } = options;
  return {
    'org.opencontainers.image.version': version,
    ...(sourceRevision === undefined ? {} : { 'org.opencontainers.image.revision': sourceRevision }),
    ...Object.fromEntries(pairs),
  };
}

function entrypointOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  if (!text.startsWith('[')) return [text];
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem('request.invalid', '--entrypoint is not a JSON list of words', { cause });
  }
}

async function pushImages(shell: Shell, options: ImageOptions, folders: readonly string[]): Promise<Outcome> {
  return withClient(shell.context, options, [options.repository], async (client) => {
    const repository = await repositoryOf(options.repository);
    const common = {
      repository,
      version: options.version,
      created: createdOf(shell.context, options.created),
      architecture: options.arch,
      entrypoint: entrypointOf(options.entrypoint),
      labels: labelsOf(options),
    };
    const images = new Map<string, Pushed>();
    for (const image of folders) {
      const { key, pin } = await pushImage(client, { ...common, image });
      images.set(key, pin);
    }
    return listImages(options.out, images);
  });
}

/** Adds what was pushed to the file from which `release` takes the images. */
async function listImages(out: string, images: ReadonlyMap<string, Pushed>): Promise<Outcome> {
  const refs = [...images].map(([key, pin]) => [key, `${pin.repository}:${pin.version}@${pin.digest}`]);
  const before = existsSync(out) ? readInput(out, ImagesFile) : {};
  await writeResult(out, { ...before, ...Object.fromEntries(refs) });
  return { value: Object.fromEntries(images), lines: [...images.values()].map(line) };
}

async function pushOneLayout(
  shell: Shell,
  options: ChartOptions,
  layouts: readonly string[],
): Promise<Outcome> {
  const [image, ...others] = layouts;
  // Pushed to the very repository that was named: a second one would need a second name.
  if (image === undefined || others.length > 0) throw new Problem('request.invalid', 'name one KEY=FOLDER');
  return withClient(shell.context, options, [options.repository], async (client) => {
    const repository = await repositoryOf(options.repository);
    const { key, pin } = await pushLayout(client, { image, repository, version: options.version });
    return listImages(options.out, new Map([[key, pin]]));
  });
}

function addLayout(push: Command, shell: Shell): void {
  withTarget(push.command('layout'))
    .argument('<key=folder...>', 'image key and an OCI image layout, as `npm run image` makes it')
    .description('push a built image as it is; its digest stays the same')
    .option('--out <file>', 'file for keys and references; entries are added to it', 'images.json')
    .action(
      argumentsAction<ChartOptions>(shell, (options, layouts) => pushOneLayout(shell, options, layouts)),
    );
}

function addImage(push: Command, shell: Shell): void {
  withTarget(push.command('image'))
    .argument('<key=folder...>', 'image keys and the folders that become their only layer')
    .description('push folders as images, for stand-ins and rehearsals')
    .option('--out <file>', 'file for keys and references; entries are added to it', 'images.json')
    .option('--arch <name>', 'architecture', 'amd64')
    .option('--entrypoint <words>', 'program, or a JSON list of words')
    .option('--label <name=value>', 'label; several times', collect)
    .option('--source-revision <revision>', 'which sources it was made from')
    .action(argumentsAction<ImageOptions>(shell, (options, folders) => pushImages(shell, options, folders)));
}

/** `push bundle`, `push chart`, `push image` and `push layout`. */
export function addPushCommands(program: Command, shell: Shell): void {
  const push = program.command('push').description('pack and push what a release is made of');
  addBundle(push, shell);
  addChart(push, shell);
  addImage(push, shell);
  addLayout(push, shell);
}
