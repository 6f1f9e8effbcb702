import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { SetupView } from 'host-service/contract/api/setup.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbedded } from '../demo/embedded-parts.ts';
import { CODES, Stage } from '../demo/stage.ts';
import { run, type Ran } from './cli-world.ts';

const PASSWORD = 'planted-password-x9Q';
const WRONG = 'PLANTED-WRONG-CODE-x9Q';
let stage: Stage;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-setup-'));
  stage = await Stage.open({
    open: (at) => openEmbedded(at, { startMs: 100, packageMs: 50 }),
    restartMs: 200,
  });
  await stage.claimCode();
}, 60_000);
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const appliance = (...argv: readonly string[]): Promise<Ran> =>
  run('setup', ...argv, '--kubeconfig', stage.world.kubeconfig, '--api', stage.controlPlane.url, '--json');

async function secretFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${text}\n`, { mode: 0o600 });
  return path;
}

const ANSWERS = [
  ...['--setting', 'appUrl=https://psa.customer.test', '--setting', 'tenantName=Customer Ltd'],
  ...['--setting', 'adminFirstName=Ada', '--setting', 'adminLastName=Admin'],
  ...['--setting', 'adminEmail=ada@customer.test'],
];

/** Everything that lies in the cluster, in the clear. */
async function stored(): Promise<{ readonly open: string; readonly seed: Record<string, string> }> {
  const cluster = createCluster({ auth: loadKubeconfig(stage.world.kubeconfig), userAgent: 'test' });
  const signal = AbortSignal.timeout(10_000);
  try {
    const kinds = [
      ['v1', 'ConfigMap'],
      ['appliance.nineminds.com/v1alpha1', 'Appliance'],
      ['appliance.nineminds.com/v1alpha1', 'Operation'],
      ['v1', 'Event'],
    ] as const;
    const objects = await Promise.all(
      kinds.map(([apiVersion, kind]) => cluster.list({ apiVersion, kind }, { signal })),
    );
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'msp', name: 'appliance-license-seed' };
    const data = Object((await cluster.get(ref, signal))?.['data'] ?? {}) as Record<string, string>;
    const seed = Object.entries(data).map(([key, text]) => [
      key,
      Buffer.from(text, 'base64').toString('utf8'),
    ]);
    return { open: JSON.stringify(objects), seed: Object.fromEntries(seed) as Record<string, string> };
  } finally {
    await cluster.close();
  }
}

describe('setup of a box by the command line, with the real control plane', () => {
  it('S2 takes a secret from the input and none from an argument', { timeout: 60_000 }, async () => {
    const bad = await appliance('set', '--secret', PASSWORD).catch(String);
    expect(JSON.stringify(bad)).not.toContain(PASSWORD);
    const program = fileURLToPath(new URL('../../host-service/bin/appliance.ts', import.meta.url));
    const argv = ['setup', 'set', '--secret', 'installCode=-', '--kubeconfig', stage.world.kubeconfig];
    const child = spawn(process.execPath, [program, ...argv, '--api', stage.controlPlane.url], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString('utf8')));
    child.stdin.end(`${CODES.good}\n`);
    const exit = await new Promise((resolve) => child.on('close', resolve));
    expect([exit, out]).toEqual([0, expect.stringMatching(/installCode +\(answered\)/)]);
    expect(out).not.toContain(CODES.good);
  });

  it(
    'B-65 S2 takes a wrong code back, is killed, redeems the right one once and shows no secret to anybody',
    { timeout: 90_000 },
    async () => {
      const password = await secretFile('password', PASSWORD);
      const wrong = await secretFile('code', WRONG);
      const set = await appliance(
        'set',
        ...ANSWERS,
        '--secret',
        `adminPassword=${password}`,
        '--secret',
        `installCode=${wrong}`,
      );
      expect(set.exit, set.err + set.out).toBe(0);
      const view = SetupView.parse(JSON.parse(set.out));
      expect(view).toMatchObject({ state: 'draft', isComplete: true });
      const plan = await appliance('approve', '--dry-run');
      expect(plan.out).toContain(new URL(stage.licence.url).host);
      expect((await appliance('approve', '--expect', 'another')).exit).toBe(3);
      const approved = await appliance('approve', '--release', '1.0.0');
      expect(approved.exit, approved.err + approved.out).toBe(0);
      await stage.until('the refusal', ({ problems }) =>
        problems.some(({ code }) => code === 'register.code-invalid'),
      );
      const refused = SetupView.parse(JSON.parse((await appliance('show')).out));
      expect(refused.registration).toMatchObject({
        state: 'refused',
        problem: { code: 'register.code-invalid' },
      });

      stage.licence.mood = 'lose';
      const right = await secretFile('code', CODES.good);
      await appliance('set', '--secret', `installCode=${right}`);
      await appliance('approve');
      await stage.until('an answer that was lost', ({ problems }) =>
        problems.some(({ code }) => code === 'register.unreachable'),
      );
      await stage.controlPlane.kill();
      stage.licence.mood = 'good';
      await stage.until(
        'people can sign in',
        ({ phase, lastGood }) => phase === 'running' && lastGood !== undefined,
      );

      expect(stage.licence.redemptions).toBe(1);
      const { open, seed } = await stored();
      expect(seed).toMatchObject({
        EDITION_CHOICE: 'ee',
        INSTALL_EDITION: 'ee',
        CHECK_IN_URL: 'https://license.example.com/check-in',
      });
      expect(seed['LICENSE_TOKEN']?.split('.')).toHaveLength(3);
      const done = await appliance('show');
      expect(SetupView.parse(JSON.parse(done.out))).toMatchObject({
        state: 'done',
        registration: { expires: 'perpetual' },
      });
      const late = await appliance('set', '--setting', 'tenantName=Other');
      expect([late.exit, late.out]).toEqual([3, expect.stringContaining('request.invalid')]);
      const seen =
        [set, plan, approved, done].map(({ out, err }) => out + err).join('\n') +
        open +
        (await stage.controlPlane.log());
      for (const secret of [PASSWORD, WRONG, CODES.good, seed['APPLIANCE_CREDENTIAL'] ?? '?'])
        expect(seen.includes(secret), secret).toBe(false);
    },
  );
});
