import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { makeLeaf } from '../../cluster/setting.ts';
import type { World } from '../../cluster/world.ts';
import { ADDRESS } from './place.ts';

/** A write that the API server has in hand and has not stored yet. */
export interface PendingWrite {
  readonly operation: string;
  readonly name: string;
  readonly resource: { readonly resource: string };
  readonly object: unknown;
}

const PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/test-gatekeeper';

/** Shown every write of one user before it is stored, by the API server itself: the only way to be exactly in the middle of it. */
export class Gatekeeper {
  readonly #world: World;
  readonly #server: Server;
  #look: ((write: PendingWrite) => Promise<void>) | undefined;

  private constructor(world: World, server: Server) {
    this.#world = world;
    this.#server = server;
    server.on('request', (incoming, answer) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
          request: PendingWrite & { uid: string };
        };
        const { uid } = review.request;
        const text = JSON.stringify({
          ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } },
        });
        const say = (): unknown => answer.setHeader('content-type', 'application/json').end(text);
        (this.#look?.(review.request) ?? Promise.resolve()).then(say, say);
      });
    });
  }

  static async open(world: World, user: string): Promise<Gatekeeper> {
    const leaf = await makeLeaf(world.folder, 'gatekeeper', '/CN=gatekeeper', [
      `subjectAltName=IP:${ADDRESS}`,
      'extendedKeyUsage=serverAuth',
    ]);
    const server = createServer({ cert: await readFile(leaf.cert), key: await readFile(leaf.key) });
    server.listen(0, ADDRESS);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const caBundle = (await readFile(world.caFile)).toString('base64');
    const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], scope: '*' };
    const hook = {
      ...{ name: 'gatekeeper.appliance.test', admissionReviewVersions: ['v1'], sideEffects: 'None' },
      ...{ failurePolicy: 'Ignore', timeoutSeconds: 20, rules: [rule] },
      clientConfig: { url: `https://${ADDRESS}:${port}/`, caBundle },
      matchConditions: [{ name: 'user', expression: `request.userInfo.username == '${user}'` }],
    };
    await world.kube.apply(PATH, {
      ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
      ...{ metadata: { name: 'test-gatekeeper' }, webhooks: [hook] },
    });
    return new Gatekeeper(world, server);
  }

  /** Acts once, while the first write that fits is in hand; resolves when it has acted. */
  async during(fits: (write: PendingWrite) => boolean, act: () => Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#look = async (write) => {
        if (!fits(write)) return;
        this.#look = undefined;
        await act().then(resolve, reject);
      };
    });
  }

  async close(): Promise<void> {
    await this.#world.kube.delete(PATH);
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
