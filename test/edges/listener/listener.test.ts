import { afterEach, describe, expect, it } from 'vitest';
import { listen, type Listener } from 'host-service/edges/listener/listener.ts';

let listener: Listener | undefined;
let draining = false;

afterEach(async () => {
  await listener?.close();
  listener = undefined;
  draining = false;
});

async function open(): Promise<string> {
  const answer = () => ({ status: draining ? 503 : 200, body: { status: draining ? 'draining' : 'ok' } });
  listener = await listen('127.0.0.1:0', new Map([['/api/ready', answer]]));
  return `http://${listener.address}`;
}

describe('the listener of the control plane', () => {
  it('answers the paths it knows with JSON that nobody keeps', async () => {
    const response = await fetch(`${await open()}/api/ready?x=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('says 503 and closes the connection while it drains', async () => {
    const base = await open();
    draining = true;
    const response = await fetch(`${base}/api/ready`);
    expect(response.status).toBe(503);
    expect(response.headers.get('connection')).toBe('close');
  });

  it('refuses what it does not know', async () => {
    const base = await open();
    expect((await fetch(`${base}/etc/passwd`)).status).toBe(404);
    expect((await fetch(`${base}/api/ready`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`${base}/api/ready`, { method: 'HEAD' })).status).toBe(200);
  });

  it('cannot have an address that is taken', async () => {
    await open();
    await expect(listen(listener?.address ?? '', new Map())).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
