import type { RequestEvent } from 'oci-client-lite/request-event.ts';
import type { ClientOptions, RegistrySettings } from 'oci-client-lite/types.ts';
import type { RegistryOverride } from '../../contract/appliance.ts';
import { clientProxy, type Credential, type WayOut } from '../../core/network/way-out.ts';

export interface RegistryOptions extends WayOut {
  /** For the proxy; never written anywhere. */
  readonly proxyCredential?: Credential | undefined;
  /** Where `host` gives tokens: saves one request; a real challenge wins (design §4 "Requests"). */
  readonly token?:
    { readonly host: string; readonly realm: string; readonly service?: string | undefined } | undefined;
  /** Asked once per host when it is needed, and again once after the registry rejected what it gave. */
  readonly credentials?: ((host: string) => Promise<Credential | undefined>) | undefined;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  readonly userAgent?: string | undefined;
  /** Reads a Flux artifact into files by path. Throws Problem release.bundle-invalid. */
  readonly unpack: (bytes: Uint8Array) => ReadonlyMap<string, Uint8Array>;
}

/**
 * The loop asks again by itself, so one look is short: within ten seconds the page has to name what is wrong (milliseconds). Bodies may take
 * longer as long as they arrive.
 */
const TIMEOUTS = { connectMs: 4_000, headersMs: 6_000 } as const;
const RETRY = { attempts: 2, timeouts: false, retryAfterCapMs: 1_000 } as const;

type Credentials = NonNullable<RegistryOptions['credentials']>;

function credentialOf(
  host: string,
  credentials: Credentials | undefined,
): Pick<RegistrySettings, 'credential'> {
  if (credentials === undefined) return {};
  return {
    credential: async () => {
      const found = await credentials(host);
      return found === undefined ? undefined : { kind: 'basic', ...found };
    },
  };
}

function settingsOf(override: RegistryOverride, options: RegistryOptions): [string, RegistrySettings][] {
  const ca = override.ca === undefined ? {} : { ca: [override.ca] };
  const mirrors = override.mirrors.map((url): [string, RegistrySettings] => {
    const { host, protocol } = new URL(url);
    return [host, { ...ca, plainHttp: protocol === 'http:', ...credentialOf(host, options.credentials) }];
  });
  const own: RegistrySettings = {
    ...ca,
    ...(override.plainHttp ? { plainHttp: true } : {}),
    mirrors: override.mirrors.map((url) => ({ url })),
    ...credentialOf(override.host, options.credentials),
  };
  return [...mirrors, [override.host, own]];
}

/** The product's words for registries as the client takes them. */
export function clientOptions(options: RegistryOptions): ClientOptions {
  const settings = new Map(options.registries.flatMap((override) => settingsOf(override, options)));
  const { token, ca, onRequest, userAgent } = options;
  const proxy = clientProxy(options.proxy, options.proxyCredential);
  if (token !== undefined) {
    const { host, realm, service } = token;
    const before = settings.get(host) ?? credentialOf(host, options.credentials);
    settings.set(host, { ...before, tokenRealm: { realm, service } });
  }
  return {
    registries: Object.fromEntries(settings),
    timeouts: TIMEOUTS,
    retry: RETRY,
    ...(proxy === undefined ? {} : { proxy }),
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(onRequest === undefined ? {} : { onRequest }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}
