import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publish } from 'host-service/publish/program.ts';
import { Vendor } from '../cluster/support/vendor.ts';
import { fluxDefinitions } from './flux-definitions.ts';

const FLUX_BASE = fileURLToPath(new URL('../../flux-base', import.meta.url));

/** Runs the real publisher in this process: its files are named by whole paths, so that it needs no folder of its own. */
async function runHere(argv: readonly string[]): Promise<string> {
  const said = { out: '', error: '' };
  const code = await publish(argv, {
    env: process.env,
    now: () => new Date(),
    write: (text) => {
      said.out += text;
    },
    warn: (text) => {
      said.error += text;
    },
  });
  if (code !== 0) throw new Error(`exit code ${code}: ${said.out}${said.error}`);
  return said.out;
}

/** The sources of the bundle without the lock of the real definitions, and stand-ins for these. */
async function prepare(crds: string): Promise<string> {
  const sources = join(crds, '../flux-base');
  await cp(FLUX_BASE, sources, { recursive: true, filter: (path) => !path.endsWith('crds.lock.yaml') });
  await mkdir(crds, { recursive: true });
  await writeFile(join(crds, 'crds.yaml'), fluxDefinitions());
  return sources;
}

/** How one signs in at the stand-in for the application (test/world/platform/workloads/sign-in.ts). */
const SIGN_IN = `
signIn:
  path: /auth/signin
  secret: { namespace: msp, name: appliance-initial-tenant }
  fields: { email: INITIAL_ADMIN_EMAIL, password: INITIAL_ADMIN_PASSWORD }
  cookie: standin-session
`;

/** The vendor of the sample product, publishing into the registry `registryHost` (host:port) from this process; `plainHttp` for one with a name. */
export async function openVendor(
  folder: string,
  registryHost: string,
  { plainHttp = false } = {},
): Promise<Vendor> {
  const run = (argv: readonly string[]): Promise<string> =>
    runHere(plainHttp ? ['--plain-http', ...argv] : argv);
  return new Vendor(folder, registryHost, { run, prepare, storage: true, signIn: SIGN_IN }).open();
}
