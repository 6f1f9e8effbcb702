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
  readonly subResource?: string;
  readonly object: unknown;
  readonly dryRun?: boolean;
  readonly userInfo: { readonly extra?: Readonly<Record<string, readonly string[]>> };
}

/** What becomes of a write. */
export interface Fate {
  readonly allowed: boolean;
  /** Done once the API server was answered. */
  readonly afterwards?: () => Promise<void>;
}

/** The pod whose token the write came with. */
export const podOfWrite = ({ userInfo }: PendingWrite): string =>
  userInfo.extra?.['authentication.kubernetes.io/pod-name']?.[0] ?? '';

const PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/test-gatekeeper';

/** Shown every write of one user before it is stored, by the API server itself: the only way to be exactly in the middle of it. */
export class Gatekeeper {
  readonly #world: World;
  readonly #server: Server;
  #decide: ((write: PendingWrite) => Promise<Fate>) | undefined;

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
        void this.#fateOf(review.request).then(({ allowed, afterwards }) => {
          const { uid } = review.request;
          const text = JSON.stringify({
            ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
            response: { uid, allowed },
          });
          answer.setHeader('content-type', 'application/json').end(text, () => void afterwards?.());
        });
      });
    });
  }

  async #fateOf(write: PendingWrite): Promise<Fate> {
    const decide = write.dryRun === true ? undefined : this.#decide;
    return (await decide?.(write)) ?? { allowed: true };
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
    const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], scope: '*' };
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

  /** Who decides from now on; undefined lets everything pass. Neither it nor what it wants done afterwards may reject. */
  decideBy(decide: ((write: PendingWrite) => Promise<Fate>) | undefined): void {
    this.#decide = decide;
  }

  async close(): Promise<void> {
    await this.#world.kube.delete(PATH);
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
