import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isDue, identityProblem, userOf } from 'host-service/agent/identity/due.ts';
import { renewIdentity } from 'host-service/agent/identity/obtain.ts';
import type { Signing } from 'host-service/agent/ports.ts';
import { Problem } from 'host-service/contract/problem.ts';
import {
  bits,
  oid,
  sequence,
  setOf,
  smallInteger,
  tagged,
  utf8,
} from 'host-service/edges/host/identity/der.ts';
import { createIdentityFiles } from 'host-service/edges/host/identity/files.ts';
import { pem, requestKey } from 'host-service/edges/host/identity/request.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../flow/world/clock.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const DAY = 24 * 3_600_000;
const DOOR = { server: 'https://198.19.255.1:6443', ca: 'the authority\n' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-identity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const time = (date: Date): Uint8Array =>
  tagged(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const name = (user: string): Uint8Array => sequence(setOf(sequence(oid('2.5.4.3'), utf8(user))));

/** A certificate for a public key, by an authority of this test. */
function certificate(user: string, key: KeyObject, from: Date, until: Date): string {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const spki = (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' });
  const body = sequence(
    smallInteger(1),
    algorithm,
    name('authority'),
    sequence(time(from), time(until)),
    name(user),
    spki,
  );
  const signature = sign('sha256', body, { key: authority, dsaEncoding: 'der' });
  return pem('CERTIFICATE', sequence(body, algorithm, bits(signature)));
}

/** The platform's signer: it signs what was approved for a key that only this test can look up. */
class Platform implements Signing {
  readonly clock = new ManualClock(new Date('2026-03-01T10:00:00Z'));
  readonly requests: KubeObject[] = [];
  readonly removed: string[] = [];
  isApproved = false;
  /** What comes back for a request; default: what was asked for, for 30 days. */
  answer: (request: string) => Promise<string> = async (request) => this.signed(await keyIn(request));

  signed(key: KeyObject, user = userOf('box')): string {
    const now = this.clock.now();
    return certificate(
      user,
      key,
      new Date(now.getTime() - 300_000),
      new Date(now.getTime() + 30 * DAY - 300_000),
    );
  }

  async create(object: Parameters<Signing['create']>[0]): Promise<KubeObject> {
    await Promise.resolve();
    const made = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    this.requests.push(made);
    return made;
  }
  async approve(object: KubeObject): Promise<void> {
    await Promise.resolve();
    expect(object['status']).toMatchObject({ conditions: [{ type: 'Approved', status: 'True' }] });
    this.isApproved = true;
  }
  async get(wanted: string): Promise<KubeObject | undefined> {
    const found = this.requests.find(({ metadata }) => metadata.name === wanted);
    if (found === undefined || !this.isApproved) return found;
    const { request } = found['spec'] as { request: string };
    const text = await this.answer(Buffer.from(request, 'base64').toString('utf8'));
    return { ...found, status: { certificate: Buffer.from(text).toString('base64') } };
  }
  async remove(wanted: string): Promise<void> {
    await Promise.resolve();
    this.removed.push(wanted);
  }
  close = (): Promise<void> => Promise.resolve();
}

/** The public key that a request is about, read by another implementation than the one that wrote it. */
async function keyIn(request: string): Promise<KeyObject> {
  const path = join(folder, 'request.pem');
  await writeFile(path, request);
  const { stdout } = await run('openssl', ['req', '-in', path, '-noout', '-pubkey', '-verify']);
  await rm(path);
  return createPublicKey(stdout.slice(stdout.indexOf('-----BEGIN')));
}

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const filesIn = (at: string, door = () => DOOR) => createIdentityFiles({ path: at, door });

function renew(platform: Platform, isRefused = false, door = () => DOOR): Promise<'kept' | 'renewed'> {
  const files = filesIn(join(folder, 'agent/kubeconfig'), door);
  return renewIdentity(
    { files, signing: platform, clock: platform.clock.port, log, node: 'box', isRefused },
    signal,
  );
}

describe('the identity of a host', () => {
  it('is asked for in a form that others read: subject, key and signature', async () => {
    const { request } = requestKey({ user: 'appliance-agent:box', group: 'appliance-agents' });
    const path = join(folder, 'r.pem');
    await writeFile(path, request);
    const { stdout, stderr } = await run('openssl', [
      'req',
      '-in',
      path,
      '-noout',
      '-subject',
      '-text',
      '-verify',
    ]);
    expect(stdout + stderr).toMatch(/verify OK|Certificate request self-signature verify OK/);
    expect(stdout).toMatch(/O ?= ?appliance-agents, CN ?= ?appliance-agent:box/);
    expect(stdout).toContain('ecdsa-with-SHA256');
    expect(stdout).toContain('prime256v1');
  });

  it('is made, approved and kept in one file of its own that leads to the platform', async () => {
    const platform = new Platform();
    expect(await renew(platform)).toBe('renewed');
    const path = join(folder, 'agent/kubeconfig');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'agent'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'agent'))).toEqual(['kubeconfig']);
    const auth = loadKubeconfig(path);
    expect(auth).toMatchObject(DOOR);
    const held = new X509Certificate(auth.cert ?? '');
    expect(held.checkPrivateKey(createPrivateKey(auth.key ?? ''))).toBe(true);
    const [request] = platform.requests;
    expect(request?.['spec']).toMatchObject({
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: 2_592_000,
      usages: ['digital signature', 'client auth'],
    });
    // The key has not left this host.
    const sent = (request?.['spec'] as { request: string }).request;
    expect(Buffer.from(sent, 'base64').toString()).toContain('BEGIN CERTIFICATE REQUEST');
    expect(JSON.stringify(platform.requests) + Buffer.from(sent, 'base64').toString()).not.toContain(
      'PRIVATE',
    );
    expect(platform.removed).toEqual([request?.metadata.name]);
  });

  it('is kept until a third of its life is over, then made anew; the old one counts until then', async () => {
    const platform = new Platform();
    await renew(platform);
    const path = join(folder, 'agent/kubeconfig');
    const first = await readFile(path, 'utf8');
    platform.clock.advance(9 * DAY);
    expect(await renew(platform)).toBe('kept');
    platform.clock.advance(1.1 * DAY);
    platform.answer = () => Promise.reject(new Problem('cluster.unavailable', 'refused'));
    await expect(renew(platform)).rejects.toMatchObject({ code: 'cluster.unavailable' });
    expect(await readFile(path, 'utf8')).toBe(first);
    const good = new Platform();
    good.clock.advance(10.1 * DAY);
    expect(await renew(good)).toBe('renewed');
    expect(await readFile(path, 'utf8')).not.toBe(first);
  });

  it('is made anew when the platform refuses it, has another authority or another address', async () => {
    const platform = new Platform();
    await renew(platform);
    platform.clock.advance(1_000);
    expect(await renew(platform, true)).toBe('renewed');
    platform.clock.advance(1_000);
    expect(await renew(platform, false, () => ({ ...DOOR, ca: 'another authority\n' }))).toBe('renewed');
    expect(await renew(platform, false, () => ({ ...DOOR, ca: 'another authority\n' }))).toBe('kept');
    // An admin's file that cannot be read says nothing about ours.
    const away = (): never => {
      throw new Problem('config.unreadable', 'is not there');
    };
    expect(await renew(platform, false, away)).toBe('kept');
    platform.clock.advance(11 * DAY);
    await expect(renew(platform, false, away)).rejects.toMatchObject({ code: 'config.unreadable' });
  });

  it('is not taken when it is for another key or another user', async () => {
    const platform = new Platform();
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    platform.answer = () => Promise.resolve(platform.signed(other));
    await expect(renew(platform)).rejects.toMatchObject({ code: 'agent.identity' });
    platform.answer = async (request) => platform.signed(await keyIn(request), 'appliance-agent:another');
    await expect(renew(platform)).rejects.toMatchObject({ code: 'agent.identity' });
    expect(await readdir(folder)).toEqual([]);
    expect(platform.removed).toHaveLength(2);
  });

  it('says that the platform does not sign, instead of waiting for ever', async () => {
    const platform = new Platform();
    platform.approve = () => Promise.resolve();
    const done = renew(platform);
    const settled = expect(done).rejects.toMatchObject({ code: 'agent.identity' });
    for (let second = 0; second < 40; second += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      platform.clock.advance(1_000);
    }
    await settled;
    expect(platform.removed).toHaveLength(1);
  });

  it('is due and a problem at the right times', () => {
    const [notBefore, notAfter] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-31T00:00:00Z')];
    const present = { user: 'u', notBefore, notAfter };
    const on = (day: number): Date => new Date(notBefore.getTime() + day * DAY);
    expect([-5, 0, 9, 10, 29, 40].map((day) => isDue(present, 'u', on(day)))).toEqual([
      ...[false, false, false, true, true, true],
    ]);
    expect([isDue(undefined, 'u', on(1)), isDue(present, 'another', on(1))]).toEqual([true, true]);
    expect([1, 19, 21, 31].map((day) => identityProblem(present, on(day))?.code)).toEqual([
      ...[undefined, undefined, 'agent.identity', 'agent.identity'],
    ]);
    expect(identityProblem(undefined, on(1))?.detail).toBe('there is none yet');
  });
});
