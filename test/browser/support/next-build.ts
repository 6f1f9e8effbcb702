import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { buildPrograms } from '../../../scripts/build/programs.ts';
import { freePort } from '../../cluster/process.ts';
import type { Stage } from '../../demo/stage.ts';
import { eventually } from './eventually.ts';
import { pageFolder } from './page-folder.ts';

export interface NextBuild {
  readonly url: string;
  /** What it says about itself and about its page. */
  readonly build: string;
  readonly pageBuild: string;
  stop(): Promise<void>;
}

const VERSION = '0.2.0';
const REVISION = 'next@sha1:2';
const PAGE_BUILD = 'the-next-page';

/** The page as the next build brings it: the same files under another name. */
async function writeNextPage(folder: string): Promise<void> {
  await cp(pageFolder(), folder, { recursive: true });
  const index = join(folder, 'index.html');
  const html = await readFile(index, 'utf8');
  const next = html.replace(/name="ui-build" content="[^"]*"/, `name="ui-build" content="${PAGE_BUILD}"`);
  if (next === html) throw new Error('the page does not say which build it is');
  await writeFile(index, next);
  await writeFile(join(folder, 'build.json'), JSON.stringify({ build: PAGE_BUILD }));
}

async function configure(folder: string, { world }: Stage): Promise<{ path: string; url: string }> {
  const path = join(folder, 'config.yaml');
  const listen = `127.0.0.1:${await freePort()}`;
  const config = {
    schema: 'appliance.config/v1',
    kubernetes: { kubeconfig: world.kubeconfig },
    product: world.vendor.product,
    trust: world.vendor.trust,
    releaseRepository: world.vendor.repository,
    listen,
    cookies: 'plain',
    ui: join(folder, 'page'),
  };
  await writeFile(path, JSON.stringify(config));
  return { path, url: `http://${listen}` };
}

/** The next control plane beside the one that runs, bundled as it ships, with a page of its own: what a roll looks like from outside. */
export async function startNextBuild(stage: Stage): Promise<NextBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-next-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { programs } = await buildPrograms(join(folder, 'program'));
    const manifest = { version: VERSION, sourceRevision: REVISION };
    await writeFile(join(folder, 'program/release-manifest.json'), JSON.stringify(manifest));
    await writeNextPage(join(folder, 'page'));
    const { path, url } = await configure(folder, stage);
    const child = spawn(process.execPath, [programs['appliance-control-plane'], '--config', path], {
      env: { ...process.env, POD_NAME: 'appliance-control-plane-next' },
      stdio: 'ignore',
    });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    const stop = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
      await remove();
    };
    const isUp = (): Promise<boolean> =>
      fetch(`${url}/api/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually('the next control plane', isUp, Boolean, 40_000).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return { url, build: `${VERSION}-${REVISION}`, pageBuild: PAGE_BUILD, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
