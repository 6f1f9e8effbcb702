import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the demo itself answers, before the control plane is asked. True = answered. */
export type OwnAnswer = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The one address that people see, as the front of a real box: it passes everything on to the control plane that runs now, and stays when that
 * one is killed. `target` is asked for each request. Loopback only.
 */
export async function startFront(port: number, target: () => string, own: OwnAnswer): Promise<Front> {
  const server = createServer((incoming, response) => {
    void own(incoming, response)
      .then((answered) => {
        if (!answered) pass(incoming, response, target());
      })
      .catch(() => response.destroy());
  });
  await listen(server, port);
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${listening}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(incoming: IncomingMessage, response: ServerResponse, target: string): void {
  const url = new URL(incoming.url ?? '/', target);
  const upstream = request(
    url,
    { method: incoming.method ?? 'GET', headers: incoming.headers, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
      answer.on('close', () => {
        if (!answer.complete) response.destroy();
      });
    },
  );
  upstream.on('error', () => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'retry-after': '1' });
    response.end(RECOVERY);
  });
  response.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

const RECOVERY =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Starting</title>' +
  '<p style="font-family:system-ui;margin:4rem">The control plane is starting again. This page comes back by itself.</p></html>';

async function listen(server: Server, port: number): Promise<void> {
  const tryPort = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  // A port that is taken is no reason not to show the product.
  await tryPort(port).catch(() => tryPort(0));
}
