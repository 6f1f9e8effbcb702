import { isObject, member } from './content/json.ts';
import type { JsonObject } from './content/json.ts';
import { OciError } from './errors.ts';
import type { Credential } from './types.ts';

const MAX_ENTRIES = 1000;

/** Host of a key of `auths`: keys are hosts, or URLs such as `https://index.docker.io/v1/`. */
function hostOf(key: string): string {
  const host = key.replace(/^[a-z]+:\/\//i, '').split('/')[0] ?? '';
  const lower = host.toLowerCase();
  return lower === 'index.docker.io' || lower === 'registry-1.docker.io' ? 'docker.io' : lower;
}

function string(entry: JsonObject, name: string): string | undefined {
  const value = member(entry, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function pairOf(entry: JsonObject): { username: string; password: string } | undefined {
  const auth = string(entry, 'auth');
  if (auth === undefined) {
    const username = string(entry, 'username');
    const password = string(entry, 'password');
    return username === undefined || password === undefined ? undefined : { username, password };
  }
  const text = Buffer.from(auth, 'base64').toString('utf8').replaceAll('\0', '');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function credentialOf(entry: JsonObject): Credential | undefined {
  const bearer = string(entry, 'registrytoken');
  if (bearer !== undefined) return { kind: 'bearer', token: bearer };
  const identity = string(entry, 'identitytoken');
  if (identity !== undefined) return { kind: 'identity-token', token: identity };
  const pair = pairOf(entry);
  if (pair === undefined) return undefined;
  // Docker's convention: the user name `<token>` says that the password is an identity token.
  if (pair.username === '<token>') return { kind: 'identity-token', token: pair.password };
  return { kind: 'basic', ...pair };
}

/**
 * Credentials of a docker `config.json` (or a Kubernetes `.dockerconfigjson`) by registry host, docker.io's names made
 * one. Credential helpers are not run; entries without a usable secret are left out.
 *
 * @throws OciError `protocol` when the text is no docker configuration; the text is not quoted
 */
export function credentialsFromDockerConfig(json: string): ReadonlyMap<string, Credential> {
  let config: unknown;
  try {
    config = JSON.parse(json) as unknown;
  } catch {
    throw new OciError('protocol', '', 'the docker configuration is not JSON');
  }
  if (!isObject(config)) throw new OciError('protocol', '', 'the docker configuration is no object');
  const auths = member(config, 'auths') ?? {};
  if (!isObject(auths)) throw new OciError('protocol', '', 'auths of the docker configuration is no object');
  const found = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(auths).slice(0, MAX_ENTRIES)) {
    const credential = isObject(entry) ? credentialOf(entry) : undefined;
    const host = hostOf(key);
    if (credential !== undefined && host !== '' && !found.has(host)) found.set(host, credential);
  }
  return found;
}
