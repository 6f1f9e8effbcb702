import type { Command } from 'commander';
import type { Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { readProduct, readTrust } from '../../edges/files/config.ts';
import { ChartsFile, imageRefs, ImagesFile, readInput, readValues, requiresOf } from '../inputs.ts';
import type { Outcome } from '../output.ts';
import { promote } from '../promote.ts';
import { repositoryOf } from '../registry.ts';
import { publishRelease, type ReleaseInput } from '../release.ts';
import {
  action,
  collect,
  numberArgument,
  signersOf,
  sourceDate,
  timeArgument,
  utc,
  versionArgument,
  withClient,
  withSigners,
  type GlobalOptions,
  type Shell,
  type SignerOptions,
} from './shared.ts';

interface ReleaseOptions extends GlobalOptions, SignerOptions {
  readonly product: string;
  readonly version: Version;
  readonly repository?: string;
  readonly bundle: string;
  readonly controlPlane?: string;
  readonly controlPlaneVersion?: string;
  readonly charts: string;
  readonly images: string;
  readonly allowMixedRevisions?: boolean;
  readonly valuesDir: string;
  readonly valuesOverlay?: readonly string[];
  readonly requires?: string;
  readonly reversible?: readonly string[];
  readonly notes?: string;
  readonly sourceRevision: string;
  readonly released?: string;
}

const NOTES_CAP = 64 * 1024;

async function releaseInput(shell: Shell, options: ReleaseOptions): Promise<ReleaseInput> {
  const { controlPlane: listed, ...images } = readInput(options.images, ImagesFile);
  const controlPlane = options.controlPlane ?? (typeof listed === 'string' ? listed : listed?.ref);
  if (controlPlane === undefined) {
    throw new Problem('request.invalid', `give --control-plane, or controlPlane in ${options.images}`);
  }
  return {
    product: options.product,
    version: options.version,
    released: options.released ?? sourceDate(shell.context) ?? utc(shell.context.now()),
    sourceRevision: options.sourceRevision,
    bundle: options.bundle,
    controlPlane,
    controlPlaneVersion: options.controlPlaneVersion,
    charts: readInput(options.charts, ChartsFile),
    images,
    allowMixedRevisions: options.allowMixedRevisions === true,
    values: await readValues(options.valuesDir, options.valuesOverlay ?? []),
    requires: requiresOf(options.requires),
    reversible: options.reversible ?? [],
    notes: options.notes === undefined ? '' : readSmallText(options.notes, NOTES_CAP).trim(),
    repository: await repositoryOf(options.repository ?? readProduct(options.product).release.repository),
  };
}

async function release(shell: Shell, options: ReleaseOptions): Promise<Outcome> {
  const signers = await signersOf(shell.context, options);
  const input = await releaseInput(shell, options);
  const charts = Object.values(input.charts).map((chart) => chart.repository);
  const hosts = [input.repository, input.bundle, input.controlPlane, ...charts, ...imageRefs(input.images)];
  const result = await withClient(shell.context, options, hosts, (client) =>
    publishRelease(client, input, signers),
  );
  return {
    value: result,
    lines: [
      `${result.pushed ? 'Published' : 'Nothing to do: published already:'} release ${result.version}`,
      `  document ${result.digest}`,
      `  manifest ${result.repository}@${result.ociDigest}`,
      `  signatures ${result.signatures}`,
    ],
  };
}

function addRelease(program: Command, shell: Shell): void {
  withSigners(program.command('release'))
    .description('sign and publish a release; no channel moves')
    .requiredOption('--product <file>', 'product.yaml')
    .requiredOption('--version <version>', 'version of the release', versionArgument)
    .option('--repository <host/path>', 'release repository; default that of the product')
    .requiredOption('--bundle <reference>', 'config bundle')
    .option('--control-plane <reference>', 'image of the control plane; default: controlPlane of images.json')
    .option(
      '--control-plane-version <version>',
      'default: its version label, else the version of the release',
    )
    .requiredOption('--charts <file>', 'charts.json')
    .requiredOption('--images <file>', 'images.json: image key -> reference')
    .option('--allow-mixed-revisions', 'publish although the images come from different sources')
    .requiredOption('--values-dir <folder>', 'values as <profile>/<component>.yaml')
    .option(
      '--values-overlay <file>',
      'component -> values to lay over every profile; several times',
      collect,
    )
    .option('--requires <file>', 'what a box must have: a file, or {…}')
    .option(
      '--reversible <range>',
      'versions to which one may come back; several times; none = one-way',
      collect,
    )
    .option('--notes <file>', 'release notes')
    .requiredOption('--source-revision <revision>', 'which sources: <branch or tag>@sha1:<commit>')
    .option('--released <time>', 'date of the document; default SOURCE_DATE_EPOCH, else now', timeArgument)
    .action(action<ReleaseOptions>(shell, (options) => release(shell, options)));
}

interface PromoteOptions extends GlobalOptions, SignerOptions {
  readonly product: string;
  readonly channel: string;
  readonly release?: string;
  readonly repository?: string;
  readonly expiresDays: number;
  readonly rollout?: number;
  readonly withdraw?: readonly string[];
  readonly path?: readonly string[];
  readonly clearPath?: boolean;
  readonly trust?: string;
  readonly now?: string;
}

async function move(shell: Shell, options: PromoteOptions): Promise<Outcome> {
  const signers = await signersOf(shell.context, options);
  const product = readProduct(options.product);
  if (options.clearPath === true && options.path !== undefined) {
    throw new Problem('request.invalid', '--path and --clear-path exclude each other');
  }
  const repository = await repositoryOf(options.repository ?? product.release.repository);
  const result = await withClient(shell.context, options, [repository], (client) =>
    promote(
      client,
      {
        product,
        repository,
        channel: options.channel,
        release: options.release,
        now: options.now === undefined ? shell.context.now() : new Date(options.now),
        expiresDays: options.expiresDays,
        rollout: options.rollout,
        withdraw: options.withdraw ?? [],
        path: options.clearPath === true ? [] : options.path,
        trust: options.trust === undefined ? undefined : readTrust(options.trust),
      },
      signers,
    ),
  );
  return {
    value: result,
    lines: [
      `Channel ${result.channel} (${result.repository}:${result.tag}) is release ${result.version}`,
      `  document ${result.digest}`,
      `  manifest ${result.repository}@${result.ociDigest}`,
      `  sequence ${result.sequence}, expires ${result.expires}`,
      ...(result.previous === undefined
        ? []
        : [`  before ${result.previous.version} ${result.previous.digest}`]),
    ],
  };
}

function addPromote(program: Command, shell: Shell): void {
  withSigners(program.command('promote'))
    .description('move a channel to a published release, or renew, widen or take back what it says')
    .requiredOption('--product <file>', 'product.yaml')
    .requiredOption('--channel <name>', 'channel of the product')
    .option('--release <version|digest>', 'default: the release that the channel has')
    .option('--repository <host/path>', 'release repository; default that of the product')
    .option('--expires-days <days>', 'days for which the statement is fresh', numberArgument(1, 365), 14)
    .option('--rollout <percent>', 'share of the boxes; default all', numberArgument(0, 100))
    .option('--withdraw <release=reason[=instead]>', 'take a release back; several times', collect)
    .option('--path <range=release>', 'stop for older boxes; several times; default: as it was', collect)
    .option('--trust <file>', 'trust.yaml of the boxes: verify what the channel says, and what is made')
    .option('--clear-path', 'no stops any more')
    .option('--now <time>', 'time of the statement, for rehearsals', timeArgument)
    .action(action<PromoteOptions>(shell, (options) => move(shell, options)));
}

/** `release` and `promote`. */
export function addReleaseCommands(program: Command, shell: Shell): void {
  addRelease(program, shell);
  addPromote(program, shell);
}
