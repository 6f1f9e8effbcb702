/** `npm run demo`: the whole job on a laptop, without Kubernetes. */
import { parseArgs } from 'node:util';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../scripts/build/page.ts';
import { FAULTS, isFaultName } from './faults.ts';
import { startFront } from './front.ts';
import { openEmbedded } from './embedded-parts.ts';
import { faultPanel } from './panel.ts';
import { openReal } from './real-parts.ts';
import { Stage } from './stage.ts';
import { tellStory } from './story.ts';

const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    port: { type: 'string', default: '8088' },
    cluster: { type: 'boolean', default: false },
    answers: { type: 'boolean', default: false },
    fast: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  if (values.help) return say(HELP);
  const { fault } = values;
  if (fault !== undefined && !isFaultName(fault)) {
    say(`There is no fault '${fault}'. Faults: ${Object.keys(FAULTS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  say('Starting registry, platform and vendor on this machine ...');
  const speed = values.fast ? { startMs: 200, packageMs: 100 } : { startMs: 1500, packageMs: 700 };
  const open = values.cluster ? openReal : (folder: string) => openEmbedded(folder, speed);
  const ui = fileURLToPath(new URL('../../dist/demo-page', import.meta.url));
  await buildPage(ui, 'demo');
  const stage = await Stage.open({
    open,
    restartMs: 2500,
    killedMs: 12_000,
    config: { ui },
    ...(fault === undefined ? {} : { fault }),
  });
  const front = await startFront(Number(values.port), () => stage.controlPlane.url, faultPanel(stage));
  try {
    const code = await stage.claimCode();
    say(`\n  Open      ${front.url}/claim#code=${code}\n  or        ${front.url}\n  code      ${code}`);
    say(`  words     ${await stage.words()}\n`);
    say('Ctrl-C ends it and leaves nothing behind.\n');
    await tellStory(stage, say, stop.signal, { answers: values.answers });
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      stop.signal.addEventListener('abort', () => resolve());
    });
  } finally {
    say('Stopping ...');
    await front.close();
    await stage.close();
  }
}

const HELP = `npm run demo -- [--fault NAME] [--cluster] [--port N] [--fast] [--answers]

Shows the whole job on this machine: a vendor publishes releases, a box takes them, and the page shows it.
--cluster uses a real Kubernetes API, Flux and registry instead of the embedded world (docs/develop.md says what that needs).
--answers answers the questions of setup by itself, as soon as the box has an owner.
Faults: ${Object.keys(FAULTS).join(', ')}`;

await main();
