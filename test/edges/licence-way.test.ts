import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLicence, type LicenceWay } from 'host-service/edges/licence/licence.ts';
import type { LicenceAnswer } from 'host-service/core/setup/licence-answer.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { LicenceService } from '../world/licence/licence.ts';
import { Authority } from '../world/network/certificates.ts';
import { startFront } from '../world/network/front.ts';
import { startProxy } from '../world/network/proxy.ts';

const CODE = 'CODE-1234-SECRET';
const NAME = 'licence.vendor.test';
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe('the way to the licence service', () => {
  it('R-30 R-31 is that of the registries: proxy with its password, and an authority that was added, each from the next question on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'licence-way-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const service = await LicenceService.start();
    stops.push(() => service.stop());
    service.codes.set(CODE, 'open');
    const authority = await Authority.make(folder, 'root', '/O=Corp/CN=Corp Inspection');
    const { port } = new URL(service.url);
    const front = await startFront({ pair: await authority.issue(NAME), port: Number(port) });
    stops.push(() => front.stop());
    const credential = { user: 'corp', password: 'p:w ß' };
    const proxy = await startProxy({ hosts: new Map([[`${NAME}:443`, front.port]]), credential });
    stops.push(() => proxy.stop());

    let way: LicenceWay = { registries: [] };
    const client = createLicence({ userAgent: 'test', way: () => Promise.resolve(way) });
    const redeem = (): Promise<LicenceAnswer> =>
      client.redeem(
        { url: `https://${NAME}/`, code: CODE, applianceId: 'box-1', key: 'key-1' },
        new AbortController().signal,
      );
    way = { registries: [], proxy: { https: proxy.address } };
    expect(await redeem()).toMatchObject({ problem: { code: 'register.unreachable' } });
    expect(proxy.unauthorized()).toBe(1);
    way = { ...way, proxyCredential: { username: credential.user, password: credential.password } };
    const untrusted = await redeem();
    expect(untrusted).toMatchObject({ problem: { code: 'register.unreachable' } });
    expect(JSON.stringify(untrusted)).not.toMatch(/p:w|CODE-1234/);
    expect(service.asked).toEqual([]);
    way = { ...way, ca: authority.pem };
    expect(await redeem()).toMatchObject({ kind: 'registered' });
    expect([new Set(proxy.asked), service.redemptions]).toEqual([new Set([`${NAME}:443`]), 1]);
  });
});
