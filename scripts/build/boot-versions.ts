import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../bootstrap/versions.env');
const LINE = /^([A-Z][A-Z0-9_]*)=(\S*)$/;
const SUM = /^[0-9a-f]{64}$/;
/** What is downloaded, and for which architectures there has to be a checksum. */
const DOWNLOADS = [
  { version: 'K3S_VERSION', sums: ['K3S', 'K3S_IMAGES'] },
  { version: 'NODE_VERSION', sums: ['NODE'] },
] as const;

/** Values of versions.env by name. @throws Error naming a line that is none */
export function parseVersions(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, string] => {
      const [, name, value] = LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`not NAME=value: ${line}`);
      return [name, value];
    }),
  );
}

/** Why nothing may be downloaded for this architecture by these pins; empty when all is said. */
export function missingPins(
  values: ReadonlyMap<string, string>,
  architecture: 'amd64' | 'arm64',
): readonly string[] {
  return DOWNLOADS.flatMap(({ version, sums }) => {
    const isVersion = /^v?\d+\.\d+\.\d+(\+k3s\d+)?$/.test(values.get(version) ?? '');
    const wrong = sums
      .map((name) => `${name}_${architecture.toUpperCase()}_SHA256`)
      .filter((name) => !SUM.test(values.get(name) ?? ''));
    return [...(isVersion ? [] : [version]), ...wrong];
  });
}

if (import.meta.main) {
  const [architecture = 'amd64'] = process.argv.slice(2);
  if (architecture !== 'amd64' && architecture !== 'arm64')
    throw new Error(`no such architecture: ${architecture}`);
  const missing = missingPins(parseVersions(await readFile(FILE, 'utf8')), architecture);
  for (const name of missing) process.stderr.write(`bootstrap/versions.env: ${name} is not filled in\n`);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
