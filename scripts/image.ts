import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NoDebian, updatePins } from './build/image-debian.ts';
import { buildImage, buildTree, ownArchitecture, type BuiltImage } from './build/image.ts';

const USAGE = `npm run image [-- OPTIONS]: the control plane's image as an OCI layout, without a container engine

  --out DIR        where to (default dist/image); the bill of materials lies beside it as DIR.spdx.json
  --version V      version (default: that of package.json)
  --revision R     source revision (default: the commit)
  --tree DIR       only Node and our own files, unpacked; for bootstrap/image/Dockerfile
  --update-pins    take the Debian packages that apt offers now (bootstrap/image/debian.lock.json)
  --json           print the result as JSON

SOURCE_DATE_EPOCH sets the time of making; default: the commit's time.
Push it with: appliance-publish push layout controlPlane=DIR --repository REGISTRY/REPOSITORY --version VERSION --out images.json
or with any other tool: skopeo copy --all oci:DIR docker://REGISTRY/REPOSITORY:VERSION; its digest stays what is printed here.
`;

const OPTIONS = {
  out: { type: 'string', default: fileURLToPath(new URL('../dist/image', import.meta.url)) },
  version: { type: 'string' },
  revision: { type: 'string' },
  tree: { type: 'string' },
  'update-pins': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1).padStart(6)} MB`;

function report({ digest, about, size, layers, packages }: BuiltImage): string {
  const unpacked = layers.reduce((sum, layer) => sum + layer.size, 0);
  const line = (name: string, whole: number, pulled: number): string =>
    `${name.padEnd(6)} ${megabytes(whole)} unpacked ${megabytes(pulled)} to pull`;
  return [
    `${about.version} of ${about.sourceRevision}, ${about.built}`,
    ...layers.map((layer) => `${line(layer.name, layer.size, layer.pulled)}  ${layer.digest}`),
    line('image', unpacked, size),
    `${packages} packages in the bill of materials`,
    digest,
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return void process.stdout.write(USAGE);
  if (values['update-pins']) {
    console.log((await updatePins(ownArchitecture)).join('\n'));
    return;
  }
  const { version, revision } = values;
  const common = { architecture: ownArchitecture, version, revision };
  if (values.tree !== undefined) {
    const about = await buildTree({ ...common, folder: values.tree });
    console.log(`${about.version} of ${about.sourceRevision} in ${values.tree}`);
    return;
  }
  const built = await buildImage({ ...common, folder: values.out });
  console.log(values.json ? JSON.stringify(built) : report(built));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof NoDebian) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
