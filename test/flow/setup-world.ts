import { createLicence } from 'host-service/edges/licence/licence.ts';
import type { SetupQuestion, SetupView } from 'host-service/contract/api/setup.ts';
import { DraftChange, SetupApproval } from 'host-service/contract/api/setup.ts';
import type { Accepted } from 'host-service/contract/api/intent.ts';
import type { Product } from 'host-service/contract/product.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import type { Drafter } from 'host-service/engine/handle/handle.ts';
import type { Licence } from 'host-service/engine/ports.ts';
import { ensureAppliance } from 'host-service/engine/report.ts';
import { makeProduct } from '../fixtures/documents.ts';
import { LicenceService } from '../world/licence/licence.ts';
import { ADA, planeOn, type Plane } from './handle-world.ts';
import { Box, PRODUCT } from './world/box.ts';
import { Killed, type ClientOptions } from './world/cluster.ts';
import type { Json } from './world/store.ts';

const NAMESPACE = 'alga-appliance-control-plane';

/** A product that asks for everything, and takes codes of a licence service. */
export const setupProduct = (url = 'http://127.0.0.1:9'): Product =>
  makeProduct({
    namespaces: PRODUCT.namespaces,
    settings: {
      appUrl: { type: 'url', title: 'Address', group: 'Address' },
      tenant: { type: 'text', title: 'Company', maxLength: 20, editable: false },
      mail: { type: 'email', title: 'Mail', editable: false },
      password: { type: 'password', title: 'Password', minLength: 8, editable: false },
      edition: { type: 'choice', title: 'Edition', required: false, choices: ['ee', 'ce'], default: 'ee' },
      code: { type: 'secret', title: 'Install code', required: false, editable: false },
      licence: { type: 'file', title: 'Licence file', required: false },
    },
    components: [
      {
        ...{ name: 'web', kind: 'Deployment', namespace: 'msp', tier: 'login', title: 'Web' },
        probe: { type: 'sign-in', port: 3000, path: '/' },
      },
    ],
    registration: { url, code: 'code' },
    secrets: [
      {
        name: 'first-user',
        namespace: 'msp',
        keys: {
          COMPANY: { setting: 'tenant' },
          MAIL: { setting: 'mail' },
          PASSWORD: { setting: 'password' },
          TENANT_ID: { registration: 'tenantId' },
        },
      },
      {
        name: 'licence-seed',
        namespace: 'msp',
        keys: {
          EDITION: { registration: 'edition', setting: 'edition' },
          TOKEN: { registration: 'token', setting: 'licence' },
          APPLIANCE_ID: { registration: 'applianceId' },
          CREDENTIAL: { registration: 'credential' },
        },
      },
    ],
  });

export const OPEN = { appUrl: 'https://psa.example.com', tenant: 'ACME', mail: 'ada@example.com' };
export const PASSWORD = 'correct horse battery';
export const CODE = 'CODE-7777-GOOD';

/** A box that has never had an answer, with the vendor's licence service beside it. */
export class SetupWorld {
  readonly box: Box;
  readonly service: LicenceService;
  readonly licence: Licence;

  private constructor(service: LicenceService, box: Box, answerMs: number) {
    this.service = service;
    this.box = box;
    this.licence = createLicence({
      userAgent: 'test',
      way: () => Promise.resolve({ registries: [] }),
      limits: { answerMs },
    });
  }

  /** `answerMs`: so long the box waits for the licence service. */
  static async open(policy: 'auto' | 'approve' = 'auto', answerMs = 20_000): Promise<SetupWorld> {
    const service = await LicenceService.start();
    service.codes.set(CODE, 'open');
    const box = new Box();
    box.product = setupProduct(service.url);
    box.edit(() => ({ settings: {}, updatePolicy: { install: policy } }));
    box.vendor.publish('1.0.0');
    const world = new SetupWorld(service, box, answerMs);
    await ensureAppliance(box.engine(), box.signal);
    return world;
  }

  async close(): Promise<void> {
    await this.service.stop();
  }

  plane(box = this.box): Plane {
    return planeOn(box, { isLeader: false });
  }

  /** An engine that has just started, with the licence service at hand. */
  engine(
    box = this.box,
    options: Omit<ClientOptions, 'by'> = {},
  ): Engine & { readonly writes: () => number } {
    return { ...box.engine(options), licence: this.licence };
  }

  view(host?: string, box = this.box): Promise<SetupView> {
    return this.plane(box).handle.setup(host, box.signal);
  }

  /** As a page does: against the revision that it has seen. */
  async change(change: unknown, who: Partial<Drafter> = {}, box = this.box): Promise<SetupView> {
    const { handle } = this.plane(box);
    const expected = who.expected ?? (await handle.setup(undefined, box.signal)).revision;
    await handle.changeSetup(DraftChange.parse(change), { actor: ADA, ...who, expected }, box.signal);
    return handle.setup(undefined, box.signal);
  }

  approve(approval: unknown = {}, who: Partial<Drafter> = {}, box = this.box): Promise<Accepted> {
    const parsed = SetupApproval.parse(approval);
    return this.plane(box).handle.approveSetup(parsed, { actor: ADA, ...who }, box.signal);
  }

  /** All answers of an installer who has a code. */
  answer(code: string | null = CODE, box = this.box): Promise<SetupView> {
    const secrets = { password: PASSWORD, ...(code === null ? {} : { code }) };
    return this.change({ answers: OPEN, secrets }, {}, box);
  }
}

export const question = ({ questions }: SetupView, name: string): SetupQuestion => {
  const found = questions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no question ${name}`);
  return found;
};

/** Texts of a Secret in the clear. */
export function secretOf(box: Box, name: string, namespace = NAMESPACE): Record<string, string> {
  const found = box.cluster.store.get({ kind: 'Secret', namespace, name });
  const data = Object(found?.['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]),
  );
}

export const draftOf = (box: Box): Record<string, string> => secretOf(box, 'appliance-draft');

/** Runs something that may be killed once; then somebody else does it again. */
export async function survive(act: () => Promise<unknown>, again: () => Promise<unknown>): Promise<number> {
  try {
    await act();
    return 0;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await again();
    return 1;
  }
}

/** What counts of the end: what people decided, Secrets with their texts, and how operations ended. Keys that are random stand as such. */
export function setupEnd(box: Box): Json {
  const { spec, status } = box.cluster.must('Appliance', 'appliance') as unknown as {
    spec: Json;
    status?: { phase?: string };
  };
  const secrets = box.cluster.store
    .keys()
    .filter((key) => key.startsWith('Secret '))
    .map((key) => {
      const [namespace = '', name = ''] = key.slice('Secret '.length).split('/');
      return [key, blurred(secretOf(box, name, namespace))] as const;
    });
  return { spec, phase: status?.phase, secrets: Object.fromEntries(secrets) };
}

/** Times, and what every redemption counts for itself. */
const blurred = (texts: Record<string, string>): Json =>
  Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key,
      text
        .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'a time')
        .replaceAll(/"key":"[0-9a-f]+"/g, '"key":"random"'),
    ]),
  );
