import { createSecretFile } from 'host-service/edges/files/secret-file.ts';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createRandom } from 'host-service/edges/random/random.ts';
import { makeClaimCode, type ClaimMaking } from 'host-service/engine/access/claim-code.ts';
import { dropSpentClaim, replaceClaim, takeClaim } from 'host-service/engine/access/host/host-claim.ts';
import { addUser } from 'host-service/engine/access/users.ts';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AccessWorld,
  CHEAP,
  hostFiles,
  NAMESPACE,
  never,
  OTHER_PASSWORD,
  PASSWORD,
  userPartsOf,
} from './access-world.ts';

const CODE = /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/;
const request = (code: string) => ({ code, user: 'admin', password: PASSWORD });
const isOpenTo = (box: AccessWorld, code: string | undefined): Promise<boolean> =>
  box
    .door()
    .access.claim(request(code ?? ''), never)
    .then(
      () => true,
      () => false,
    );

/** What the host's program works with, over this cluster. */
const partsOf = (box: AccessWorld, options: Parameters<AccessWorld['door']>[0] = {}): ClaimMaking => ({
  cluster: box.door(options).cluster,
  namespace: NAMESPACE,
  hasher: createHasher(CHEAP),
  random: createRandom(),
  clock: box.clock.port,
});

let folder: string | undefined;
afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
});

describe('the claim code that the host makes', () => {
  it('B-58 lies in one file of its owner, opens the box once, and is in the cluster as a verifier only', async () => {
    folder = await mkdtemp(join(tmpdir(), 'host-claim-'));
    const path = join(folder, 'claim-code');
    const files = { file: createSecretFile(path), next: createSecretFile(`${path}.next`) };
    const box = new AccessWorld();
    expect(await takeClaim(partsOf(box), files, never)).toBe('made');
    const code = (await files.file.read()) ?? '';
    expect(code).toMatch(CODE);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(box.document('claim')).toMatchObject({ by: 'host' });
    expect(box.stored() + box.logged.join('\n')).not.toContain(code);
    for (let boot = 0; boot < 3; boot += 1) expect(await takeClaim(partsOf(box), files, never)).toBe('kept');
    expect(await files.file.read()).toBe(code);
    expect(await isOpenTo(box, code)).toBe(true);
    expect(await isOpenTo(box, code)).toBe(false);
    expect(await takeClaim(partsOf(box), files, never)).toBe('claimed');
    expect(await readdir(folder)).toEqual([]);
  });

  it('B-58 B-70 is one code, whoever makes it: fifty at once hand over what lies in the file', async () => {
    folder = await mkdtemp(join(tmpdir(), 'host-claim-'));
    const path = join(folder, 'claim-code');
    const box = new AccessWorld();
    const starts = Array.from({ length: 50 }, () => {
      const files = { file: createSecretFile(path), next: createSecretFile(`${path}.next`) };
      return takeClaim(partsOf(box), files, never);
    });
    const states = await Promise.all(starts);
    expect(states.filter((state) => state === 'made')).toHaveLength(1);
    expect(states.filter((state) => state === 'kept')).toHaveLength(49);
    expect(await readdir(folder)).toEqual(['claim-code']);
    const code = await createSecretFile(path).read();
    expect(await isOpenTo(box, code)).toBe(true);
  });

  it('replaces no code that somebody else has made, and keeps none that opens nothing', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    const byPerson = await makeClaimCode(partsOf(box), never);
    files.file.text = 'AAAA-AAAA-AAAA';
    expect(await takeClaim(partsOf(box), files, never)).toBe('of-another');
    expect(files.file.text).toBeUndefined();
    expect(await isOpenTo(box, byPerson)).toBe(true);
  });

  it('is left alone by a control plane that makes codes itself', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    await takeClaim(partsOf(box), files, never);
    expect(await box.door().access.ensureClaimCode({ file: box.file, signal: never })).toBe('of-another');
    expect(await box.door().access.ensureClaimCode({ signal: never })).toBe('of-another');
    expect(await isOpenTo(box, files.file.text)).toBe(true);
  });

  it('is made anew for a box whose used code belongs to nobody, and where the file held something else', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    await takeClaim(partsOf(box), files, never);
    box.edit('claim', (document) => ({ ...document, usedAt: box.clock.now().toISOString() }));
    files.file.text = 'rubbish';
    expect(await takeClaim(partsOf(box), files, never)).toBe('made');
    expect(await isOpenTo(box, files.file.text)).toBe(true);
  });
});

describe('a new claim code on the host', () => {
  it('opens the box in place of the one before', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    await takeClaim(partsOf(box), files, never);
    const old = files.file.text;
    const code = await replaceClaim(partsOf(box), files, never);
    expect([files.file.text, files.next.text]).toEqual([code, undefined]);
    expect(await isOpenTo(box, old)).toBe(false);
    expect(await isOpenTo(box, code)).toBe(true);
    await expect(replaceClaim(partsOf(box), files, never)).rejects.toMatchObject({
      code: 'session.already-claimed',
    });
  });

  /** Every write to files and cluster, by its number; `before` it, or right after the cluster has taken it. */
  const moments = Array.from({ length: 6 }, (_, at) => [at + 1]);
  it.each(moments)('B-70 a crash at its change %i leaves the old or the new one, never none', async (at) => {
    for (const act of [takeClaim, replaceClaim]) {
      for (const when of ['before', 'after'] as const) {
        const box = new AccessWorld();
        const files = hostFiles();
        if (act === replaceClaim) await takeClaim(partsOf(box), files, never);
        let changes = 0;
        const step = (): void => {
          if ((changes += 1) === at) throw new Error('killed');
        };
        for (const file of [files.file, files.next]) file.before = step;
        const kill = when === 'after' ? { kill: { at: 1, when } as const } : {};
        const fault = (verb: string): void => (verb === 'get' ? undefined : step());
        await act(partsOf(box, when === 'after' ? kill : { fault }), files, never).catch(() => undefined);
        for (const file of [files.file, files.next]) file.before = () => undefined;
        // The next start of the box.
        const state = await takeClaim(partsOf(box), files, never);
        expect(['made', 'kept'], `${act.name} ${when}`).toContain(state);
        expect(await isOpenTo(box, files.file.text), `${act.name} ${when}`).toBe(true);
      }
    }
  });
});

describe('a claim code that was used', () => {
  it('leaves the host, and nobody is asked when none lies there', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    const { cluster, calls } = box.door();
    const parts = { cluster, namespace: NAMESPACE };
    expect(await dropSpentClaim(parts, files, never)).toBe('none');
    expect(calls).toEqual([]);
    await takeClaim(partsOf(box), files, never);
    expect(await dropSpentClaim(parts, files, never)).toBe('waiting');
    await isOpenTo(box, files.file.text);
    expect(await dropSpentClaim(parts, files, never)).toBe('removed');
    expect([files.file.text, files.next.text]).toEqual([undefined, undefined]);
  });

  it('leaves it as well when the first admin was made on the command line', async () => {
    const box = new AccessWorld();
    const files = hostFiles();
    await takeClaim(partsOf(box), files, never);
    const parts = userPartsOf(box);
    await addUser(parts, { user: 'viewer', role: 'viewer', password: OTHER_PASSWORD }, never);
    expect(await dropSpentClaim(parts, files, never)).toBe('waiting');
    await addUser(parts, { user: 'admin', role: 'admin', password: PASSWORD }, never);
    expect(await dropSpentClaim(parts, files, never)).toBe('removed');
  });
});
