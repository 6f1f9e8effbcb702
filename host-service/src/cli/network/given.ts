import { z } from 'zod';
import { NetworkChange } from '../../contract/network/view.ts';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { readStandardInput } from '../../edges/files/standard-input.ts';
import { ChangeOptions } from '../verbs/command.ts';

/** Bytes that a file with a password, and one with certificates, may have. */
const CAPS = { password: 8 * 1024, authorities: 64 * 1024 } as const;

const List = z.array(z.string()).default([]);
/** What `--no-…` leaves behind is `false`; what nobody said is `true` or nothing. */
const Taken = z.union([z.string(), z.boolean()]).optional();

/** Options of verbs that change the network, or only propose it. */
export const NetworkOptions = ChangeOptions.extend({
  proxy: Taken,
  bypass: z.string().optional(),
  proxyCredential: Taken,
  authorities: Taken,
  resolver: List,
  resolvers: z.boolean().default(true),
  timeServer: List,
  timeServers: z.boolean().default(true),
  mirror: List,
  credential: List,
});
export type NetworkOptions = z.infer<typeof NetworkOptions>;

/** The change that the options say; passwords come from files or the input. @throws Problem request.invalid, config.* */
export async function changeGiven(options: NetworkOptions): Promise<NetworkChange> {
  const { proxy, bypass, authorities, reason } = options;
  const parsed = NetworkChange.safeParse({
    ...(typeof proxy === 'string' ? { proxy: { http: proxy, https: proxy, ...noProxyOf(bypass) } } : {}),
    ...(proxy === false ? { proxy: null } : {}),
    ...(await proxyCredentialOf(options.proxyCredential)),
    ...(typeof authorities === 'string' ? { ca: readSmallText(authorities, CAPS.authorities) } : {}),
    ...(authorities === false ? { ca: null } : {}),
    ...serversOf('resolvers', options.resolver, options.resolvers),
    ...serversOf('timeServers', options.timeServer, options.timeServers),
    ...(await registriesOf(options)),
    ...(reason === undefined ? {} : { reason }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  // The place and never the value: it may be a password.
  throw new Problem('request.invalid', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
}

const noProxyOf = (bypass: string | undefined): object => (bypass === undefined ? {} : { noProxy: bypass });

function serversOf(name: string, given: readonly string[], isKept: boolean): object {
  if (!isKept) return { [name]: [] };
  return given.length === 0 ? {} : { [name]: given };
}

async function proxyCredentialOf(given: string | boolean | undefined): Promise<object> {
  if (given === false) return { proxyCredential: null };
  return typeof given === 'string' ? { proxyCredential: await credentialOf(given) } : {};
}

/** `user:file`; `-` is the input. A user name has no colon. */
async function credentialOf(text: string): Promise<{ readonly user: string; readonly password: string }> {
  const [, user = '', file = ''] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (file === '')
    throw new Problem('request.invalid', 'a credential is given as user:file, or user:- for the input');
  const read = file === '-' ? await readStandardInput(CAPS.password) : readSmallText(file, CAPS.password);
  return { user, password: read.replace(/\r?\n$/, '') };
}

async function registriesOf({ mirror, credential }: NetworkOptions): Promise<object> {
  const byHost = new Map<string, { mirrors?: string[]; credential?: object | null }>();
  const of = (host: string): { mirrors?: string[]; credential?: object | null } => {
    const found = byHost.get(host) ?? {};
    byHost.set(host, found);
    return found;
  };
  for (const text of mirror) {
    const [host, url] = pair(text, 'host=address');
    const entry = of(host);
    entry.mirrors = url === '' ? [] : [...(entry.mirrors ?? []), url];
  }
  for (const text of credential) {
    const [host, given] = pair(text, 'host=user:file');
    of(host).credential = given === '' ? null : await credentialOf(given);
  }
  if (byHost.size === 0) return {};
  return { registries: [...byHost].map(([host, said]) => ({ host, ...said })) };
}

function pair(text: string, form: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Problem('request.invalid', `this is given as ${form}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
