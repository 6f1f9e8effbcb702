import type { RouteBody } from 'host-service/contract/api/routes.ts';
import type { NetworkView } from 'host-service/contract/network/view.ts';
import type { MessageKey } from '../../../words/keys.ts';
import { blocksIn, keptBlocks } from './authorities.ts';

export type NetworkChange = RouteBody<'changeNetwork'>;

/** A field with text: those of one host carry its name. */
export type FieldName =
  | 'http'
  | 'https'
  | 'noProxy'
  | 'proxy.user'
  | 'proxy.password'
  | 'resolvers'
  | 'timeServers'
  | `mirrors:${string}`
  | `user:${string}`
  | `password:${string}`;

/** What was typed and not saved yet. */
export interface NetworkDraft {
  readonly texts: Readonly<Partial<Record<FieldName, string>>>;
  /** PEM blocks to add. */
  readonly added: readonly string[];
  /** Fingerprints of authorities to remove. */
  readonly removed: readonly string[];
  /** Credentials to remove: `proxy`, or a host. */
  readonly forgotten: readonly string[];
}

export const EMPTY_DRAFT: NetworkDraft = { texts: {}, added: [], removed: [], forgotten: [] };

const wordsIn = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word !== '');

/** What stands in a field when nobody has typed into it. Secrets are never read back. */
export function storedOf(view: NetworkView, field: FieldName): string {
  const { settings, hosts, proxyCredential } = view;
  const [kind, host] = [field.split(':', 1)[0] ?? '', field.slice(field.indexOf(':') + 1)];
  const needed = hosts.find((one) => one.host === host);
  switch (kind) {
    case 'http':
    case 'https':
    case 'noProxy':
      return settings.proxy?.[kind] ?? '';
    case 'proxy.user':
      return proxyCredential.user ?? '';
    case 'resolvers':
    case 'timeServers':
      return settings[kind].join('\n');
    case 'mirrors':
      return needed?.mirrors.join('\n') ?? '';
    case 'user':
      return needed?.credential.user ?? '';
    default:
      return '';
  }
}

export const textOf = (view: NetworkView, draft: NetworkDraft, field: FieldName): string =>
  draft.texts[field] ?? storedOf(view, field);

const isChanged = (view: NetworkView, draft: NetworkDraft, ...fields: readonly FieldName[]): boolean =>
  fields.some((field) => textOf(view, draft, field).trim() !== storedOf(view, field).trim());

/** The change that saves what was typed; undefined when nothing differs from what is stored. */
export function changeOf(view: NetworkView, draft: NetworkDraft): NetworkChange | undefined {
  const change: NetworkChange = {
    ...proxyChange(view, draft),
    ...authoritiesChange(view, draft),
    ...(isChanged(view, draft, 'resolvers') ? { resolvers: wordsIn(textOf(view, draft, 'resolvers')) } : {}),
    ...(isChanged(view, draft, 'timeServers')
      ? { timeServers: wordsIn(textOf(view, draft, 'timeServers')) }
      : {}),
    ...registriesChange(view, draft),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

function proxyChange(view: NetworkView, draft: NetworkDraft): NetworkChange {
  const read = (field: FieldName): string => textOf(view, draft, field).trim();
  const [http, https, noProxy] = [read('http'), read('https'), wordsIn(read('noProxy')).join(',')];
  const proxy = {
    ...(http === '' ? {} : { http }),
    ...(https === '' ? {} : { https }),
    ...(noProxy === '' ? {} : { noProxy }),
  };
  const credential = credentialChange(view, draft, 'proxy', ['proxy.user', 'proxy.password']);
  return {
    ...(isChanged(view, draft, 'http', 'https', 'noProxy')
      ? { proxy: http === '' && https === '' ? null : proxy }
      : {}),
    ...(credential === undefined ? {} : { proxyCredential: credential }),
  };
}

/** A name and a password go together: the stored password cannot be read back for another name. */
function credentialChange(
  view: NetworkView,
  draft: NetworkDraft,
  of: string,
  [userField, passwordField]: readonly [FieldName, FieldName],
): { user: string; password: string } | null | undefined {
  const password = draft.texts[passwordField] ?? '';
  const user = textOf(view, draft, userField).trim();
  if (password !== '' && user !== '') return { user, password };
  return draft.forgotten.includes(of) ? null : undefined;
}

function authoritiesChange(view: NetworkView, draft: NetworkDraft): NetworkChange {
  if (draft.added.length === 0 && draft.removed.length === 0) return {};
  const blocks = [...keptBlocks(view, draft.removed), ...draft.added];
  return { ca: blocks.length === 0 ? null : `${blocks.join('\n')}\n` };
}

function registriesChange(view: NetworkView, draft: NetworkDraft): NetworkChange {
  const registries = view.hosts.flatMap(({ host, use }) => {
    if (use !== 'registry') return [];
    const mirrors: FieldName = `mirrors:${host}`;
    const credential = credentialChange(view, draft, host, [`user:${host}`, `password:${host}`]);
    const hasMirrors = isChanged(view, draft, mirrors);
    if (!hasMirrors && credential === undefined) return [];
    return [
      {
        host,
        ...(hasMirrors ? { mirrors: wordsIn(textOf(view, draft, mirrors)) } : {}),
        ...(credential === undefined ? {} : { credential }),
      },
    ];
  });
  const ofMirrors = mirrorHostsOf(view, draft).flatMap((host) => {
    const credential = credentialChange(view, draft, host, [`user:${host}`, `password:${host}`]);
    return credential === undefined ? [] : [{ host, credential }];
  });
  const all = [...registries, ...ofMirrors];
  return all.length === 0 ? {} : { registries: all };
}

/** Hosts of the mirrors of one host as they are typed: each may want a name and a password of its own. */
export const mirrorsIn = (view: NetworkView, draft: NetworkDraft, host: string): readonly string[] => [
  ...new Set(
    wordsIn(textOf(view, draft, `mirrors:${host}`))
      .filter(isWebAddress)
      .map((mirror) => new URL(mirror).host),
  ),
];

/** All of them that are not needed hosts themselves. */
const mirrorHostsOf = (view: NetworkView, draft: NetworkDraft): readonly string[] => [
  ...new Set(
    view.hosts
      .flatMap(({ host }) => mirrorsIn(view, draft, host))
      .filter((mirror) => view.hosts.every(({ host }) => host !== mirror)),
  ),
];

/** Fields with mistakes, as far as the page can know; the box judges again. */
export function mistakesOf(view: NetworkView, draft: NetworkDraft): ReadonlyMap<FieldName, MessageKey> {
  const found = new Map<FieldName, MessageKey>();
  for (const field of Object.keys(draft.texts) as FieldName[]) {
    const mistake = mistakeIn(field, textOf(view, draft, field).trim());
    if (mistake !== undefined) found.set(field, mistake);
  }
  for (const [user, password] of credentialFields(view, draft)) {
    const hasUser = textOf(view, draft, user).trim() !== '';
    const hasPassword = (draft.texts[password] ?? '') !== '';
    if (hasPassword && !hasUser) found.set(user, 'network.mistake.user');
    if (!hasPassword && hasUser && isChanged(view, draft, user))
      found.set(password, 'network.mistake.password');
  }
  return found;
}

const credentialFields = (
  view: NetworkView,
  draft: NetworkDraft,
): readonly (readonly [FieldName, FieldName])[] => [
  ['proxy.user', 'proxy.password'],
  ...[...view.hosts.map(({ host }) => host), ...mirrorHostsOf(view, draft)].map(
    (host) => [`user:${host}`, `password:${host}`] as const,
  ),
];

function mistakeIn(field: FieldName, text: string): MessageKey | undefined {
  const words = wordsIn(text);
  if (field === 'http' || field === 'https') {
    return text === '' || isPlainAddress(text) ? undefined : 'network.mistake.proxy';
  }
  if (field === 'resolvers') {
    if (words.length > 3) return 'network.mistake.many-resolvers';
    return words.every(isIpAddress) ? undefined : 'network.mistake.resolver';
  }
  if (field === 'timeServers') {
    if (words.length > 4) return 'network.mistake.many-time-servers';
    return words.every((word) => /^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/.test(word))
      ? undefined
      : 'network.mistake.time-server';
  }
  if (!field.startsWith('mirrors:')) return undefined;
  if (words.length > 8) return 'network.mistake.many-mirrors';
  return words.every(isWebAddress) ? undefined : 'network.mistake.mirror';
}

const isWebAddress = (text: string): boolean => /^https?:\/\/[^\s/]/i.test(text) && URL.canParse(text);

/** Name and password have fields of their own, so that they are kept apart from the address. */
function isPlainAddress(text: string): boolean {
  if (!isWebAddress(text)) return false;
  const { username, password, pathname, search } = new URL(text);
  return username === '' && password === '' && (pathname === '' || pathname === '/') && search === '';
}

const isIpAddress = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text)
    ? text.split('.').every((part) => Number(part) < 256)
    : /^[0-9a-f:.]+$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`);

/** The draft with PEM text added: what is no certificate is told apart. */
export function withAuthorities(
  draft: NetworkDraft,
  text: string,
): { readonly draft: NetworkDraft; readonly count: number } {
  const blocks = blocksIn(text).filter((block) => !draft.added.includes(block));
  return { draft: { ...draft, added: [...draft.added, ...blocks] }, count: blocks.length };
}
