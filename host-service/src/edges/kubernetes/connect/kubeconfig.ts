import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { Problem } from '../../../contract/problem.ts';
import type { KubeAuth } from './auth.ts';

const MAX_BYTES = 1024 * 1024;
const Text = z.string().max(MAX_BYTES);

const ClusterEntry = z.looseObject({
  server: Text,
  'certificate-authority': Text.optional(),
  'certificate-authority-data': z.base64().max(MAX_BYTES).optional(),
  'tls-server-name': Text.optional(),
});
const UserEntry = z.looseObject({
  token: Text.optional(),
  tokenFile: Text.optional(),
  'client-certificate': Text.optional(),
  'client-certificate-data': z.base64().max(MAX_BYTES).optional(),
  'client-key': Text.optional(),
  'client-key-data': z.base64().max(MAX_BYTES).optional(),
});
const Kubeconfig = z.looseObject({
  clusters: z.array(z.looseObject({ name: z.string(), cluster: ClusterEntry })).default([]),
  users: z.array(z.looseObject({ name: z.string(), user: UserEntry.nullish() })).default([]),
  contexts: z
    .array(
      z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string() }) }),
    )
    .default([]),
  'current-context': z.string().optional(),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

/** What other clients understand and we refuse, so that nobody wonders why it has no effect. */
const REFUSED_CLUSTER: Readonly<Record<string, string>> = {
  'insecure-skip-tls-verify': 'would accept any server; name its certificate-authority instead',
  'proxy-url': 'is not supported',
};
const REFUSED_USER: Readonly<Record<string, string>> = {
  exec: 'would run a program; use a token or a client certificate',
  'auth-provider': 'is not supported; use a token or a client certificate',
  username: 'is not supported; use a token or a client certificate',
  as: 'is not supported',
};

const invalid = (path: string, what: string, cause?: unknown): Problem =>
  new Problem('config.invalid', `${path}: ${what}`, { cause });

function readText(path: string): string {
  try {
    const info = statSync(path);
    if (!info.isFile()) throw new Problem('config.unreadable', `${path} is not a file`);
    if (info.size > MAX_BYTES)
      throw new Problem('config.invalid', `${path} has more than ${MAX_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('config.unreadable', `${path} cannot be read`, { cause: error });
  }
}

function parse(path: string): Kubeconfig {
  const document = parseDocument(readText(path), {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    logLevel: 'error',
  });
  const mistake = document.errors[0];
  // The message of the parser may quote the line, and the line may hold a token.
  if (mistake !== undefined) throw invalid(path, `is not YAML (${mistake.code})`);
  const result = Kubeconfig.safeParse(document.toJS({ maxAliasCount: 50 }));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(
    path,
    `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'is not a kubeconfig'}`,
  );
}

/** The entry of that name; a kubeconfig may name things that it does not hold. */
function entry<T extends { readonly name: string }>(
  path: string,
  kind: string,
  all: readonly T[],
  name: string,
): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name).join(', ');
  throw invalid(path, `has no ${kind} ${name}${names === '' ? '' : ` (there are: ${names})`}`);
}

function refuse(path: string, where: string, given: object, refused: Readonly<Record<string, string>>): void {
  for (const [name, reason] of Object.entries(refused)) {
    const value: unknown = Object.entries(given).find(([key]) => key === name)?.[1];
    if (value !== undefined && value !== false && value !== null)
      throw invalid(path, `${where}: ${name} ${reason}`);
  }
}

/**
 * Reads one context of a kubeconfig file: inline data and files (relative to its folder), tokens, client certificates.
 * Programs (`exec`), auth providers, passwords and unverified TLS are refused by name.
 * @throws Problem config.unreadable, config.invalid
 */
export function loadKubeconfig(path: string, context?: string): KubeAuth {
  const config = parse(path);
  const name = context ?? config['current-context'] ?? '';
  if (name === '') throw invalid(path, 'names no current-context');
  const { cluster: clusterName, user: userName } = entry(path, 'context', config.contexts, name).context;
  const { cluster } = entry(path, 'cluster', config.clusters, clusterName);
  const user = entry(path, 'user', config.users, userName).user ?? {};
  refuse(path, `cluster ${clusterName}`, cluster, REFUSED_CLUSTER);
  refuse(path, `user ${userName}`, user, REFUSED_USER);
  const files = [path];
  const textOf = (data: string | undefined, file: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    if (file === undefined || file === '') return undefined;
    const found = resolve(dirname(resolve(path)), file);
    files.push(found);
    return readText(found);
  };
  const auth = {
    server: serverOf(path, cluster.server),
    ca: textOf(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: textOf(user['client-certificate-data'], user['client-certificate']),
    key: textOf(user['client-key-data'], user['client-key']),
    token: textOf(undefined, user.tokenFile)?.trim() ?? user.token,
    serverName: cluster['tls-server-name'],
  };
  if ((auth.cert === undefined) !== (auth.key === undefined))
    throw invalid(path, `user ${userName}: a client certificate needs its key`);
  return { ...auth, files, reload: () => loadKubeconfig(path, context) };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The address without trailing slash. @throws Problem config.invalid */
export function serverOf(path: string, server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined) throw invalid(path, 'server is not an address');
  const plain = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !plain)
    throw invalid(path, 'server must be https (http on loopback only)');
  if (url.pathname !== '/' || url.search !== '' || url.username !== '' || url.hash !== '')
    throw invalid(path, 'server must be scheme, host and port only');
  return url.origin;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The identity that a pod is given by its node.
 * @throws Problem config.unreadable outside of a pod
 */
export function inClusterAuth(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  folder: string = SERVICE_ACCOUNT,
): KubeAuth {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '')
    throw new Problem('config.unreadable', 'KUBERNETES_SERVICE_HOST is not set: this is not a pod');
  const files = [`${folder}/token`, `${folder}/ca.crt`] as const;
  return {
    server: serverOf('KUBERNETES_SERVICE_HOST', `https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    token: readText(files[0]).trim(),
    ca: readText(files[1]),
    files,
    reload: () => inClusterAuth(environment, folder),
  };
}
