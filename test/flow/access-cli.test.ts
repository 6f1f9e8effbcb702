import { Command } from 'commander';
import { registerClaimCode } from 'host-service/cli/access/claim-code.ts';
import { registerSessions } from 'host-service/cli/access/sessions.ts';
import { registerUsers } from 'host-service/cli/access/users.ts';
import { registerWebhookSecret } from 'host-service/cli/access/webhook-secret.ts';
import { webhookMac } from 'host-service/core/access/webhook-signature.ts';
import { createClock } from 'host-service/edges/clock/clock.ts';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { createRandom } from 'host-service/edges/random/random.ts';
import { createAccess, type OwnedAccess } from 'host-service/engine/access/create-access.ts';
import { ensureNamespace } from 'host-service/engine/lead/prepare.ts';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EmbeddedKubernetes } from '../world/ports.ts';
import { startKubernetes } from '../world/kubernetes/kubernetes.ts';
import { NAMESPACE, never, OTHER_PASSWORD, PASSWORD } from './access-world.ts';

let folder = '';
let server: EmbeddedKubernetes;
let cluster: ConnectedCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-cli-'));
  server = await startKubernetes({ folder });
  cluster = createCluster({ auth: loadKubeconfig(server.kubeconfig), userAgent: 'test' });
  await ensureNamespace(cluster, NAMESPACE, never);
});
afterAll(async () => {
  await cluster?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of ['appliance-auth', 'appliance-claim', 'appliance-webhook'])
    await cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name }, { signal: never });
});
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

/** Runs a verb as the command line does; what it printed and its exit code. */
async function run(...words: readonly string[]): Promise<{ out: string; err: string; exit: unknown }> {
  const printed = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
  const program = new Command('appliance').exitOverride();
  for (const register of [registerUsers, registerSessions, registerClaimCode, registerWebhookSecret])
    register(program);
  process.exitCode = undefined;
  await program.parseAsync(['node', 'appliance', ...words, '--kubeconfig', server.kubeconfig]);
  vi.restoreAllMocks();
  return { ...printed, exit: process.exitCode ?? 0 };
}

/** The code that the verb hands to scripts. */
async function codeOf(...words: readonly string[]): Promise<string> {
  const { out } = await run('claim-code', ...words, '--json');
  return (JSON.parse(out) as { code: string }).code;
}

const access = (): OwnedAccess => {
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  return createAccess({
    cluster,
    hasher: createHasher(),
    random: createRandom(),
    clock: createClock(),
    namespace: NAMESPACE,
    log,
  });
};

async function passwordFile(password: string): Promise<string> {
  const path = join(folder, `password-${Math.random()}`);
  await writeFile(path, `${password}\n`, { mode: 0o600 });
  return path;
}

describe('the command line on the cluster', () => {
  it('S3 adds, lists, changes and removes users, with passwords from files only', async () => {
    const [first, second] = [await passwordFile(PASSWORD), await passwordFile(OTHER_PASSWORD)];
    expect((await run('users', 'list')).out).toBe('There are no users.\n');
    expect(await run('users', 'add', 'admin', '--role', 'admin', '--password-file', first)).toMatchObject({
      exit: 0,
      out: 'admin may sign in as admin.\n',
    });
    await run('users', 'add', 'greta', '--role', 'viewer', '--password-file', second);
    const listed = JSON.parse((await run('users', 'list', '--json')).out) as unknown;
    expect(listed).toMatchObject({
      users: [
        { name: 'admin', role: 'admin' },
        { name: 'greta', role: 'viewer' },
      ],
    });
    const { session } = await access().login({ user: 'admin', password: PASSWORD }, never);
    expect(session.role).toBe('admin');
    expect((await run('users', 'set-password', 'greta', '--password-file', first)).exit).toBe(0);
    expect((await access().login({ user: 'greta', password: PASSWORD }, never)).session.role).toBe('viewer');
    expect((await run('users', 'remove', 'greta')).exit).toBe(0);
    expect((await run('users', 'list')).out).not.toContain('greta');
  });

  it('says what is wrong, changes nothing and exits with 3 when it is refused', async () => {
    const [weak, good] = [await passwordFile('password1234'), await passwordFile(PASSWORD)];
    const refused = await run('users', 'add', 'admin', '--role', 'admin', '--password-file', weak);
    expect(refused).toMatchObject({ exit: 3, out: '' });
    expect(refused.err).toContain('session.password-weak');
    expect(refused.err).not.toContain('password1234');
    await run('users', 'add', 'admin', '--role', 'admin', '--password-file', good);
    const last = await run('users', 'remove', 'admin', '--json');
    expect(JSON.parse(last.out)).toMatchObject({ code: 'request.invalid' });
    expect(last.exit).toBe(3);
    expect(
      (await run('users', 'add', 'x', '--role', 'viewer', '--password-file', '/does/not/exist')).exit,
    ).toBe(2);
    await expect(run('users', 'add', 'x', '--role', 'king', '--password-file', good)).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect((await run('users', 'list')).out.trim().split('\n')).toHaveLength(2);
  });

  it('makes a claim code that opens the box, and none when it has an owner', async () => {
    const { out } = await run('claim-code');
    const [, code = ''] = /^code +([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})$/m.exec(out) ?? [];
    // Somebody elsewhere gets no addresses: they would be those of another machine.
    expect(out).not.toContain('https://');
    await access().claim({ code, user: 'admin', password: PASSWORD }, never);
    const second = await run('claim-code');
    expect(second).toMatchObject({ exit: 3, out: '' });
    expect(second.err).toContain('session.already-claimed');
  });

  it('B-58 hands the code of the host over without saying it, and shows it again as long as it opens the box', async () => {
    const file = join(folder, 'claim-code');
    const taken = await run('claim-code', '--take', '--file', file);
    expect(taken).toMatchObject({ exit: 0, out: 'made: the code lies on this host\n', err: '' });
    const code = (await readFile(file, 'utf8')).trim();
    const card = await readFile(`${file}.card`, 'utf8');
    expect(card).toMatch(new RegExp(`^code +${code}\\nwords +([a-z]+ ?){6}\\n`));
    expect((await stat(`${file}.card`)).mode & 0o777).toBe(0o600);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (let n = 0; n < 2; n += 1)
      expect((await run('claim-code', '--file', file)).out.split('\n')[0]).toBe(`code      ${code}`);
    expect((await run('claim-code', '--take', '--file', file, '--json')).out).toContain('"state": "kept"');
    const other = await codeOf('--new', '--file', file);
    expect(other).not.toBe(code);
    expect((await readFile(file, 'utf8')).trim()).toBe(other);
    await access().claim({ code: other, user: 'admin', password: PASSWORD }, never);
    expect(await run('claim-code', '--file', file)).toMatchObject({ exit: 3, out: '' });
    const left = await readdir(folder);
    expect(left.filter((name) => name.startsWith('claim-code'))).toEqual([]);
    expect((await run('claim-code', '--take', '--file', file)).out).toMatch(/^claimed: /);
  });

  it('S15 shows who is signed in, and ends one session or all', async () => {
    const door = access();
    await door.claim({ code: await codeOf(), user: 'admin', password: PASSWORD, device: 'curl/8' }, never);
    const there = await door.login({ user: 'admin', password: PASSWORD, device: 'Firefox/140.0' }, never);
    const { out } = await run('sessions', 'list');
    expect(out).toMatch(/^ID +USER +ROLE +DEVICE +SINCE\n/);
    expect(out).toContain('curl');
    expect(await run('sessions', 'revoke', there.session.id)).toMatchObject({ exit: 0 });
    expect(await access().sessionOf(there.cookie, never)).toBeUndefined();
    expect((await run('sessions', 'revoke', there.session.id)).err).toContain('request.not-found');
    await expect(run('sessions', 'revoke')).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await run('sessions', 'revoke', '--all')).exit).toBe(0);
    expect((await run('sessions', 'list')).out).toBe('Nobody is signed in.\n');
  });

  it('B-70 makes nobody else’s code useless unless it is told to', async () => {
    const file = join(folder, 'claim-code');
    const elsewhere = await codeOf();
    const shown = await run('claim-code', '--file', file);
    expect(shown).toMatchObject({ exit: 3, out: '' });
    expect(shown.err).toContain('session.not-claimed');
    await expect(run('claim-code', '--take', '--new', '--file', file)).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await access().claim({ code: elsewhere, user: 'admin', password: PASSWORD }, never);
  });

  it('writes a webhook secret into a new file of this user alone, which then signs wake-up calls', async () => {
    const out = join(folder, 'webhook');
    const printed = await run('webhook-secret', '--out', out);
    const secret = (await readFile(out, 'utf8')).trim();
    expect(secret.length).toBeGreaterThanOrEqual(43);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(printed.out + printed.err).not.toContain(secret);
    const [body, timestamp] = [Buffer.from('{}'), String(Math.floor(Date.now() / 1000))];
    const signature = `sha256=${webhookMac(Buffer.from(secret), timestamp, body)}`;
    await access().checkWebhook({ signature, timestamp, body }, never);
    expect((await run('webhook-secret', '--out', out)).exit).toBe(2);
    expect((await readFile(out, 'utf8')).trim()).toBe(secret);
    await access().checkWebhook({ signature, timestamp, body }, never);
  });

  it('leaves no file with a secret that the box does not know', async () => {
    await server.setFault({ kind: 'forbid', plural: 'secrets' });
    try {
      const { exit } = await run('webhook-secret', '--out', join(folder, 'lost'));
      expect(exit).not.toBe(0);
    } finally {
      await server.setFault({ kind: 'none' });
    }
    expect(await readdir(folder)).not.toContain('lost');
  });

  it('comes through other writers of the same Secret', async () => {
    const [first, second] = [await passwordFile(PASSWORD), await passwordFile(OTHER_PASSWORD)];
    await run('users', 'add', 'admin', '--role', 'admin', '--password-file', first);
    await server.setFault({ kind: 'conflict', times: 3 });
    expect((await run('users', 'add', 'greta', '--role', 'viewer', '--password-file', second)).exit).toBe(0);
    expect((await run('users', 'list')).out).toContain('greta');
  });
});
