import type { Runtime } from '../defaults.ts';
import { OciError } from '../errors.ts';
import { isLoopbackHost } from '../http/addresses.ts';
import type { MirrorSettings, RegistrySettings } from '../types.ts';
import { isRepository } from '../reference.ts';

/** One place that can be asked for a registry's content: a mirror or the registry itself. */
export interface Endpoint {
  /** The registry people name; used in errors. */
  readonly registry: string;
  /** API root, ending in `/v2/`. */
  readonly base: URL;
  readonly settings: RegistrySettings | undefined;
  readonly mirror: boolean;
  /** Whether it may say what a tag means. */
  readonly resolves: boolean;
  /** Repository path as this endpoint knows it. */
  repository(name: string): string;
}

const MAX_PATTERN = 512;

function settingsOf(runtime: Runtime, host: string): RegistrySettings | undefined {
  const all = runtime.options.registries ?? {};
  return Object.hasOwn(all, host) ? all[host] : undefined;
}

function apiHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}

function rewriter(mirror: MirrorSettings, registry: string): (name: string) => string {
  const rules = (mirror.rewrite ?? []).map((rule) => {
    if (rule.from.length > MAX_PATTERN)
      throw new OciError('unsupported', registry, 'a rewrite pattern is too long');
    try {
      return { pattern: new RegExp(rule.from), to: rule.to };
    } catch {
      throw new OciError('unsupported', registry, `the rewrite pattern ${rule.from} is not valid`);
    }
  });
  return (name) => {
    for (const { pattern, to } of rules) {
      const changed = name.replace(pattern, to);
      if (changed === name) continue;
      if (!isRepository(changed))
        throw new OciError('unsupported', registry, `${name} is rewritten to a bad name`);
      return changed;
    }
    return name;
  };
}

function mirrorEndpoint(runtime: Runtime, registry: string, mirror: MirrorSettings): Endpoint {
  const loopback = isLoopbackHost(mirror.url.split('/')[0] ?? '');
  const text = mirror.url.includes('://') ? mirror.url : `${loopback ? 'http' : 'https'}://${mirror.url}`;
  if (!URL.canParse(text))
    throw new OciError('unsupported', registry, `the mirror ${mirror.url} is not a URL`);
  const url = new URL(text);
  const settings = settingsOf(runtime, url.host);
  const plainAllowed = isLoopbackHost(url.host) || settings?.plainHttp === true;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plainAllowed)) {
    throw new OciError(
      'unsupported',
      registry,
      `the mirror ${url.host} is plain HTTP without plainHttp in its settings`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  const rewrite = rewriter(mirror, registry);
  return {
    registry,
    base: new URL(`${url.origin}${path === '' || path === '/v2' ? '/v2' : path}/`),
    settings,
    mirror: true,
    resolves: mirror.resolve !== false,
    repository: rewrite,
  };
}

/** The registry itself. Plain HTTP for loopback hosts and by explicit setting only; there is no falling back to it. */
export function originEndpoint(runtime: Runtime, registry: string): Endpoint {
  const host = apiHost(registry);
  const settings = settingsOf(runtime, registry) ?? settingsOf(runtime, host);
  const plain = settings?.plainHttp ?? isLoopbackHost(host);
  return {
    registry,
    base: new URL(`${plain ? 'http' : 'https'}://${host}/v2/`),
    settings,
    mirror: false,
    resolves: true,
    repository: (name) => name,
  };
}

/** Mirrors in their order, then the registry. */
export function endpointsOf(runtime: Runtime, registry: string): readonly Endpoint[] {
  const mirrors = settingsOf(runtime, registry)?.mirrors ?? [];
  return [
    ...mirrors.map((mirror) => mirrorEndpoint(runtime, registry, mirror)),
    originEndpoint(runtime, registry),
  ];
}
