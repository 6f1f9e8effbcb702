import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { ReleasesView } from 'host-service/contract/api/releases.ts';
import { SessionView, VersionView } from 'host-service/contract/api/session.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { ControlPlane } from '../cluster/support/control-plane.ts';
import { makeProduct } from '../fixtures/documents.ts';
import { makeKey, makeTrust, trustKey } from '../fixtures/sign.ts';
import { startKubernetes, type InnerKubernetes } from '../world/kubernetes/kubernetes.ts';
import { EventReader } from './listener/served.ts';

const DEADLINE_MS = 20_000;
let folder = '';
let kubernetes: InnerKubernetes;
let planes: ControlPlane[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-api-'));
  kubernetes = await startKubernetes({ folder });
  await writeFile(join(folder, 'product.yaml'), JSON.stringify(makeProduct()));
  await writeFile(join(folder, 'trust.yaml'), JSON.stringify(makeTrust([trustKey(makeKey())])));
});
afterEach(async () => {
  await Promise.all(planes.map((plane) => plane.kill()));
  planes = [];
  await kubernetes.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(name: string): Promise<ControlPlane> {
  const plane = new ControlPlane({
    ...{ folder, name, kubeconfig: kubernetes.kubeconfig, releaseRepository: '127.0.0.1:1/vendor/release' },
    ...{ trust: join(folder, 'trust.yaml'), product: join(folder, 'product.yaml') },
    config: { claimCodeFile: 'claim-code', cookies: 'plain', pollMs: 60_000, ui: join(folder, 'no-page') },
  });
  planes.push(plane);
  await plane.start();
  await eventually(
    `${name} is ready`,
    async () => (await fetch(`${plane.url}/api/ready`)).status === 200 || undefined,
    DEADLINE_MS,
  );
  return plane;
}

const json = (plane: ControlPlane, cookie?: string): Record<string, string> => ({
  ...{ 'content-type': 'application/json', origin: plane.url, 'sec-fetch-site': 'same-origin' },
  ...(cookie === undefined ? {} : { cookie }),
});

/** Claims the box as a person does: with the code from the file. Answers the cookie. */
async function claim(plane: ControlPlane): Promise<string> {
  const path = join(folder, 'claim-code');
  const code = await eventually(
    'the claim code',
    () => readFile(path, 'utf8').catch(() => undefined),
    DEADLINE_MS,
  );
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const response = await fetch(`${plane.url}/api/claim`, {
    ...{ method: 'POST', headers: json(plane) },
    body: JSON.stringify({ code: code.trim(), user: 'ada', password: 'violet kettle marches northward' }),
  });
  expect([response.status, SessionView.parse(await response.json()).user]).toEqual([200, 'ada']);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

const viewOf = (plane: ControlPlane, cookie: string): Promise<StatusView> =>
  eventually(
    'a view',
    async () => {
      const response = await fetch(`${plane.url}/api/status`, { headers: { cookie } });
      return response.status === 200 ? StatusView.parse(await response.json()) : undefined;
    },
    DEADLINE_MS,
  );

describe('a running control plane', () => {
  it('R-43 B-67 is claimed with the code on the box, shows the box, takes a change and tells it to every replica', async () => {
    const [first, second] = [await start('one'), await start('two')];
    expect((await fetch(`${first.url}/api/status`)).status).toBe(409);
    const version = VersionView.parse(await (await fetch(`${first.url}/api/version`)).json());
    expect(version).toMatchObject({ build: `${version.version}-source`, uiBuild: 'none', contract: 1 });
    expect(await (await fetch(first.url)).text()).toContain('without its page');

    const cookie = await claim(first);
    const before = await viewOf(second, cookie);
    const reader = new EventReader(`${second.url}/api/events`, { cookie });
    await eventually(
      'the first snapshot',
      () => Promise.resolve(reader.count('snapshot') > 0 || undefined),
      DEADLINE_MS,
    );
    const change = await fetch(`${first.url}/api/intent`, {
      ...{ method: 'PUT', body: JSON.stringify({ hold: true, reason: 'holidays' }) },
      headers: { ...json(first, cookie), 'if-match': `"${before.intentRevision}"` },
    });
    expect(change.status).toBe(202);
    await eventually(
      'the change on the other replica',
      () =>
        Promise.resolve(
          reader.seen.find(({ event, data }) => event === 'snapshot' && StatusView.parse(data).intent.hold),
        ),
      DEADLINE_MS,
    );
    const { intent } = await viewOf(second, cookie);
    expect(intent.actor).toEqual({ by: 'ada', via: 'ui', reason: 'holidays' });
    const stale = await fetch(`${second.url}/api/intent`, {
      ...{ method: 'PUT', body: JSON.stringify({ hold: false }) },
      headers: { ...json(second, cookie), 'if-match': `"${before.intentRevision}"` },
    });
    expect([stale.status, ProblemAnswer.parse(await stale.json()).code]).toEqual([409, 'request.conflict']);
    const releases = await fetch(`${second.url}/api/releases`, { headers: { cookie } });
    expect(ReleasesView.parse(await releases.json())).toEqual({ releases: [] });
    const figures = await (await fetch(`${second.url}/metrics`, { headers: { cookie } })).text();
    expect(figures).toContain('appliance_event_streams 1');

    const ended = second.stop();
    await reader.ended;
    expect(reader.seen.at(-1)).toMatchObject({ event: 'bye', data: { reason: 'draining' } });
    await ended;
    expect(await second.exited()).toBe(0);
    expect((await viewOf(first, cookie)).intent.hold).toBe(true);
  });

  it('B-56 serves what it knows while the cluster is away, and says so', async () => {
    const plane = await start('one');
    const cookie = await claim(plane);
    await viewOf(plane, cookie);
    await kubernetes.setFault({ kind: 'down' });
    const away = await eventually(
      'the page knows that the cluster is away',
      async () => {
        const view = await viewOf(plane, cookie);
        return view.cluster.isConnected ? undefined : view;
      },
      DEADLINE_MS,
    );
    expect(away.intentRevision).toBeGreaterThan(0);
    expect((await fetch(`${plane.url}/api/healthz`)).status).toBe(200);
    const change = await fetch(`${plane.url}/api/requests`, {
      ...{ method: 'POST', headers: json(plane, cookie) },
      body: JSON.stringify({ id: 'request-1', verb: 'check-now' }),
    });
    expect(change.status).toBeGreaterThanOrEqual(500);
    expect(ProblemAnswer.parse(await change.json()).code).toMatch(/^cluster\./);
    const log = await plane.log();
    expect(log).not.toContain('violet kettle');
    expect(log).not.toContain(cookie.split('=')[1]);
  });
});
