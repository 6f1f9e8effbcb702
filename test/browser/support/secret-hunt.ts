import { readdir, readFile } from 'node:fs/promises';
import type { Response } from 'playwright-core';
import { ROUTES } from 'host-service/contract/api/routes.ts';
import type { Route } from 'host-service/contract/api/route.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { z } from 'zod';
import type { Box, Visitor } from './box.ts';

/** Everything that somebody could see and that is no Secret. */
const OPEN_KINDS = [
  ...['ConfigMap', 'Event', 'Pod', 'Node', 'Namespace', 'Service', 'PersistentVolumeClaim'].map(
    (kind) => ['v1', kind] as const,
  ),
  ...['Appliance', 'Release', 'Operation', 'Host'].map((kind) => [GROUP_VERSION, kind] as const),
  ...['Deployment', 'StatefulSet'].map((kind) => ['apps/v1', kind] as const),
  ['batch/v1', 'Job'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['source.toolkit.fluxcd.io/v1', 'OCIRepository'],
  ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
  ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
] as const;
/** What lies in Secrets beside secrets: names and addresses that people may know, kinds and versions. */
const NOT_SECRET =
  /^(INITIAL_(TENANT|ADMIN_(FIRST|LAST)_NAME|ADMIN_EMAIL)|.*EDITION.*|APPLIANCE_ID|CHECK_IN_URL|registration\.(company|applianceId|tenantId|edition|checkInUrl)$|username$)/;
/** Shorter texts are no secrets and stand anywhere by chance. */
const SHORTEST = 12;
const isLong = ({ length }: string): boolean => length >= SHORTEST;

const SecretObject = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

/** Gathers everything that a box shows and writes, and looks for secrets in it. */
export class SecretHunt {
  readonly #said: { readonly where: string; readonly text: string }[] = [];
  readonly #looks: Promise<void>[] = [];
  readonly #ending = new AbortController();
  readonly #there: Box;

  constructor(there: Box) {
    this.#there = there;
  }

  hear(where: string, text: string): void {
    this.#said.push({ where, text });
  }

  /** All addresses that a page asks for and all answers that it gets. */
  follow({ page }: Visitor): void {
    const look = async (response: Response): Promise<void> =>
      this.hear(`answer of ${response.url()}`, await response.text().catch(() => ''));
    page.on('request', (request) =>
      this.hear('address', `${request.url()} ${request.headers()['referer'] ?? ''}`),
    );
    page.on('response', (response) => {
      const isApi = response.url().includes('/api/') && !response.url().includes('/api/events');
      if (isApi) this.#looks.push(look(response));
    });
  }

  /** Listens to the live events from now on, as a second page would. */
  async listen({ context }: Visitor): Promise<void> {
    const cookies = await context.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${this.#there.url}/api/events`, {
      headers: { cookie },
      signal: this.#ending.signal,
    });
    const read = async (): Promise<void> => {
      const decoder = new TextDecoder();
      for await (const bytes of answer.body ?? []) this.hear('live event', decoder.decode(bytes));
    };
    this.#looks.push(read().catch(() => undefined));
  }

  /** All screens of a page, as they are drawn and as they are read aloud. */
  async lookAround({ page }: Visitor, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await page.goto(path);
      await page.locator('main h1').first().waitFor({ state: 'attached' });
      for (const details of await page.locator('main details:not([open]) > summary').all())
        await details.click({ timeout: 2_000 }).catch(() => undefined);
      this.hear(`page ${path}`, await page.content());
      this.hear(`read aloud ${path}`, await page.locator('body').ariaSnapshot());
    }
  }

  /** What all routes answer that only tell, with and without a session. */
  async askAll({ page }: Visitor, operations: readonly string[]): Promise<void> {
    const paths = Object.values(ROUTES as Record<string, Route>)
      .filter(({ method, path }) => method === 'GET' && path !== '/api/events')
      .flatMap(({ path }) =>
        path.includes(':') ? operations.map((name) => path.replace(/:\w+/, name)) : [path],
      );
    for (const path of paths) {
      this.hear(`answer of ${path}`, await (await page.request.get(path)).text());
      this.hear(`answer of ${path} to anybody`, await (await fetch(`${this.#there.url}${path}`)).text());
    }
  }

  /** Every object that is no Secret, the log of the control plane, and what any process of this machine was started with. */
  async searchTheBox(): Promise<void> {
    const { stage } = this.#there;
    await this.#withCluster(async (list) => {
      for (const [apiVersion, kind] of OPEN_KINDS)
        this.hear(kind, JSON.stringify(await list(apiVersion, kind)));
    });
    this.hear('log', await stage.controlPlane.log());
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      for (const what of ['cmdline', 'environ'])
        this.hear(`${what} of ${pid}`, await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => ''));
    this.#ending.abort();
    await Promise.all(this.#looks);
  }

  /** What the box keeps in Secrets, by `name/key`: typed, generated and given. */
  async kept(): Promise<ReadonlyMap<string, string>> {
    const kept = new Map<string, string>();
    await this.#withCluster(async (list) => {
      for (const { metadata, data } of z.array(SecretObject).parse(await list('v1', 'Secret')))
        for (const [key, value] of Object.entries(data)) {
          const text = Buffer.from(value, 'base64').toString('utf8');
          const parts = text.startsWith('{')
            ? secretsIn(JSON.parse(text))
            : NOT_SECRET.test(key)
              ? []
              : [text];
          parts
            .filter(isLong)
            .forEach((part, at) => kept.set(`${metadata.namespace}/${metadata.name}/${key} ${at}`, part));
        }
    });
    return kept;
  }

  /** Where one of the secrets stands, in the clear or written otherwise. */
  found(secrets: ReadonlyMap<string, string>): readonly string[] {
    const places = [...secrets].flatMap(([name, secret]) => {
      const ways = [
        secret,
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
        encodeURIComponent(secret),
      ];
      return this.#said
        .filter(({ text }) => ways.some((way) => text.includes(way)))
        .map(({ where }) => `${name} in ${where}`);
    });
    return [...new Set(places)];
  }

  /** How much was looked at, in characters. */
  get size(): number {
    return this.#said.reduce((sum, { text }) => sum + text.length, 0);
  }

  async #withCluster(
    act: (list: (apiVersion: string, kind: string) => Promise<readonly unknown[]>) => Promise<void>,
  ): Promise<void> {
    const auth = loadKubeconfig(this.#there.stage.world.kubeconfig);
    const cluster = createCluster({ auth, userAgent: 'appliance-browser-test' });
    try {
      await act((apiVersion, kind) =>
        cluster.list({ apiVersion, kind }, { signal: AbortSignal.timeout(10_000) }),
      );
    } finally {
      await cluster.close();
    }
  }
}

/** Texts in a stored document under names that mean a secret. */
function secretsIn(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string')
    return value.length >= SHORTEST &&
      /hash|salt|key|secret|token|credential|password|verifier|auth/i.test(name)
      ? [value]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, Array.isArray(value) ? name : key));
}
