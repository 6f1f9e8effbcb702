import { ROUTES } from 'host-service/contract/api/routes.ts';
import { makeBody, SECRET, type Body } from './bodies.ts';
import type { Dice } from './dice.ts';

/** What one connection sends. */
export interface Ask {
  /** For messages. */
  readonly kind: string;
  readonly bytes: Buffer;
  /** Of the requests in it, in order. Empty: nobody can say how many there are. */
  readonly methods: readonly string[];
  /** It is whole, so somebody has to answer; else the server may as well just end the connection. */
  readonly isWhole: boolean;
  /** The server would have to hash a password for this. */
  readonly isCostly: boolean;
  /** Who it comes from: name of a session, if any. */
  readonly actor: string | undefined;
}

/** Where the box is, and who may be named by a cookie. */
export interface Target {
  readonly host: string;
  /** Header values by the name of the actor. */
  readonly cookies: Readonly<Record<string, string>>;
}

const PATHS = [
  ...Object.values(ROUTES).map(({ path }) => path),
  '/',
  '/releases',
  '/assets/index-AAAAAAAA.js',
];
const SEGMENTS: readonly string[] = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '%2E%2E%2f',
    '..%2f..%2f',
    '..%5c',
    '%',
    '%0',
    '%zz',
    '%00',
    '%0d%0aset-cookie:a=b',
  ],
  ...[
    '%c0%af',
    '%ff',
    '%E2%80%AE',
    '%25%32%65',
    ';a=b',
    '~',
    '*',
    '',
    'api',
    'metrics',
    'status',
    'outside.txt',
  ],
  ...[
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '.git',
    'build.json',
    'index.html',
    '.vite/manifest.json',
  ],
  ...['é', '漢字', '\u202e', "'", '"', '<', '|', '\\', '^', '`', '{}', ':name', 'x'.repeat(300)],
];
const QUERIES = [
  ...[
    '?',
    '?dry_run=1',
    '?dry_run=2',
    '?dry_run=1&dry_run=0',
    '?dryrun=1',
    '?__proto__=1',
    '?a[b]=c',
    '?%',
    '?&&=',
  ],
  ...[
    '?after=',
    '?after=%00',
    `?after=${'c'.repeat(600)}`,
    '?after=x&after=y',
    '?x=%ff',
    '#f',
    '??',
    '?after=1.2.3',
  ],
];
const METHODS = [
  ...[
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'HEAD',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
  ],
  ...['MKCOL', 'PURGE', 'REPORT', 'M-SEARCH', 'QUERY', 'LOCK', 'UNLOCK', 'SEARCH', 'LINK', 'ACL'],
];

function makePath(dice: Dice): string {
  const kind = dice.below(10);
  const known = dice.pick(PATHS);
  const query = dice.chance(25) ? dice.pick(QUERIES) : '';
  if (kind < 4) return known.replace(':name', dice.pick(SEGMENTS)) + query;
  if (kind === 4) return `${known}/${dice.pick(SEGMENTS)}${query}`;
  if (kind === 5) return `${dice.pick(['/', '//', '/./', '/x/..', '/%2e', '/\\', '/API'])}${known}${query}`;
  if (kind === 6) return known.replaceAll(/[a-z]/g, (one) => (dice.chance(30) ? escaped(one) : one)) + query;
  if (kind === 7)
    return dice.pick([`http://evil.example${known}`, `https://u:p@h:1${known}`, 'http://[', 'x:', '*']);
  if (kind === 8)
    return `/${dice.pick(['x', '%20', '../', 'a/', '%']).repeat(dice.pick([50, 1_500, 5_000]))}`;
  return `/${Array.from({ length: dice.below(6) }, () => dice.pick(SEGMENTS)).join('/')}${query}`;
}

const escaped = (one: string): string => `%${one.charCodeAt(0).toString(16)}`;

const plainOf = (path: string): string =>
  path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const forged = base64(
  `{"sid":"${'a'.repeat(22)}","user":"${SECRET}","role":"admin","via":"ui","iat":0,"exp":9e15,"kid":"k1"}`,
);
const COOKIES: readonly string[] = [
  ...[
    '',
    ';',
    '=',
    '=;=',
    'appliance',
    'appliance=',
    'appliance=""',
    `appliance=${SECRET}`,
    'appliance=v1..',
  ],
  ...[
    `appliance=v1.${forged}.${base64('x'.repeat(32))}`,
    `appliance=v1.${forged}.`,
    `__Host-appliance=v1.${forged}.a`,
  ],
  ...[
    `appliance=v1.${base64('{"__proto__":{"role":"admin"}}')}.a`,
    `appliance=v1.${base64('[')}.a`,
    'appliance=v2.a.b',
  ],
  ...[
    `appliance=${'a'.repeat(5_000)}`,
    `${'a=b; '.repeat(500)}appliance=${SECRET}`,
    `appliance=a; appliance=${SECRET}`,
  ],
];

/** Headers that browsers, proxies and strangers send, well-formed and not; `@` is the box itself. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    ...[
      'application/json; charset=utf-16',
      'text/plain',
      'application/json, text/plain',
      'multipart/form-data',
    ],
    ...['application/x-www-form-urlencoded', 'APPLICATION/JSON', ';', '', 'application/json;;;', 'json'],
  ],
  origin: [
    'null',
    'http://evil.example',
    'https://@',
    'http://@.evil.example',
    '@',
    '',
    'http://@:1',
    'file://',
  ],
  'sec-fetch-site': ['cross-site', 'same-site', 'none', 'CROSS-SITE', '', 'x'],
  host: [
    'evil.example',
    '',
    '@, evil',
    '[::1]:1',
    'a b',
    'u@h',
    '..',
    '%',
    'x'.repeat(300),
    '127.0.0.1:99999',
  ],
  'if-match': ['*', '"1"', 'W/"1"', '1', '"', '"1","2"', '"-1"', '"1e3"', '"99999999999999999999"', '\u00ff'],
  'if-none-match': ['*', 'W/"x"', '"', `"${'x'.repeat(4_000)}"`, ',,,,'],
  'last-event-id': ['x', '', '0', '\u00ff', '9'.repeat(600), 'v1.x', '{"a":1}', '../..'],
  range: [
    'bytes=0-0',
    'bytes=-1',
    'bytes=5-1',
    'bytes=0-,0-,0-',
    'lines=1',
    `bytes=${'0-1,'.repeat(900)}0-1`,
  ],
  'x-request-id': [
    'a',
    'x'.repeat(64),
    'x'.repeat(5_000),
    'a b',
    '<script>',
    '\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9',
  ],
  'accept-encoding': ['br', 'gzip;q=0', '*', 'x'.repeat(3_000), 'br;q=NaN,gzip;;;'],
  'content-encoding': ['gzip', 'br', 'identity', 'x'],
  authorization: [`Bearer ${SECRET}`, `Basic ${base64(`admin:${SECRET}`)}`, SECRET],
  'x-http-method-override': ['PUT', 'DELETE'],
  'x-forwarded-for': ['127.0.0.1', '10.0.0.1, ::1', 'x'.repeat(2_000)],
  'x-forwarded-host': ['evil.example'],
  'x-appliance-signature': ['sha256=00', SECRET, 'v1=', 't=1,v1=x'],
  'x-appliance-timestamp': ['0', '-1', 'NaN', '99999999999999'],
  expect: ['100-continue', 'nothing'],
  upgrade: ['websocket', 'h2c'],
  te: ['trailers'],
};

/** Lines of headers; each name of the box's own may come twice. */
function makeHeaders(dice: Dice, host: string): string[] {
  const lines: string[] = [];
  const count = dice.chance(3) ? 60 : dice.below(5);
  for (let index = 0; index < count; index += 1) {
    const name = dice.pick(Object.keys(HEADERS));
    lines.push(`${name}: ${dice.pick(HEADERS[name] ?? ['']).replace('@', host)}`);
  }
  if (dice.chance(2)) lines.push(...Array.from({ length: 400 }, (_, index) => `x-${index}: ${index}`));
  if (dice.chance(2)) lines.push(`x-long: ${'y'.repeat(dice.pick([8_000, 15_000, 17_000]))}`);
  if (dice.chance(4))
    lines.push(dice.pick(['a', ': b', 'a b: c', ' folded', 'x: \u0000', 'x: \u0001', 'é: é', 'x:y\nz:w']));
  return lines;
}

interface Making {
  readonly dice: Dice;
  readonly target: Target;
  readonly actor: string | undefined;
}

/** One request that ends where it says. */
function makeRequest({ dice, target, actor }: Making): {
  method: string;
  text: Buffer;
  body: Body | undefined;
} {
  const body = dice.chance(45) ? makeBody(dice) : undefined;
  const route = body === undefined || dice.chance(5) ? undefined : ROUTES[body.name];
  const method = route?.method ?? dice.pick(METHODS);
  const wished =
    route === undefined ? makePath(dice) : route.path + (dice.chance(10) ? dice.pick(QUERIES) : '');
  // Whoever signs out is nobody from then on.
  const path = actor !== undefined && /logout/i.test(plainOf(wished)) ? '/api/status' : wished;
  const isBrowser = dice.chance(60);
  const odd = dice.chance(70)
    ? ['host: ' + dice.pick(HEADERS['host'] ?? ['']).replace('@', target.host)]
    : [];
  const hosts = dice.chance(92) ? [`host: ${target.host}`] : odd;
  const browser = isBrowser ? [`origin: http://${target.host}`, 'sec-fetch-site: same-origin'] : [];
  const json = body === undefined || dice.chance(8) ? [] : ['content-type: application/json'];
  const own = actor === undefined ? undefined : target.cookies[actor];
  const cookie = own ?? (dice.chance(40) ? dice.pick(COOKIES) : undefined);
  const matches = body?.name === 'intent' && dice.chance(70) ? ['if-match: "1"'] : [];
  const length = body === undefined ? [] : [`content-length: ${body.bytes.length}`];
  const lines = [
    ...[`${method} ${path} HTTP/${dice.chance(97) ? '1.1' : dice.pick(['1.0', '0.9', '2.0', '9.9'])}`],
    ...[...hosts, ...browser, ...json, ...matches, ...(cookie === undefined ? [] : [`cookie: ${cookie}`])],
    ...[...makeHeaders(dice, target.host), ...length],
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, dice.chance(80) ? 'utf8' : 'latin1');
  return { method, text: Buffer.concat([head, body?.bytes ?? Buffer.alloc(0)]), body };
}

/** The last one says so: then the end of the connection is the end of the answers. */
const closing = (text: Buffer): Buffer => {
  const end = text.indexOf('\r\n');
  return Buffer.concat([text.subarray(0, end), Buffer.from('\r\nconnection: close'), text.subarray(end)]);
};

/** Up to eight requests in one go, the last with the end of the connection. */
function makePipeline(making: Making): Ask {
  const { dice, actor } = making;
  const all = Array.from({ length: dice.chance(50) ? 1 : 1 + dice.below(8) }, () => makeRequest(making));
  const last = all.length - 1;
  return {
    kind: 'requests',
    bytes: Buffer.concat(all.map(({ text }, index) => (index === last ? closing(text) : text))),
    methods: all.map(({ method }) => method),
    isWhole: true,
    isCostly: all.some(({ body }) => body?.isTaken === true && /claim|login/.test(body.name)),
    actor,
  };
}

const FRAMES: readonly string[] = [
  'content-length: 10\r\n\r\n{}',
  'content-length: -1\r\n\r\n{}',
  'content-length: 1e3\r\n\r\n{}',
  'content-length: 99999999999999999999\r\n\r\n{}',
  'content-length: 2\r\ncontent-length: 3\r\n\r\n{}x',
  'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n',
  'transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n',
  'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n',
  `transfer-encoding: chunked\r\n\r\n2;${'e'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  `transfer-encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(3_000)}0\r\n\r\n`,
  `transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\ncontent-length: 5\r\ncookie: appliance=${SECRET}\r\n\r\n`,
  'transfer-encoding: gzip\r\n\r\n{}',
  'transfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'transfer-encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
];
const OTHERS: readonly (string | Buffer)[] = [
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'SSH-2.0-x\r\n',
    '\r\n\r\n\r\n',
    'GET /\r\n\r\n',
    'GET\r\n',
    ' GET / HTTP/1.1\r\n\r\n',
  ],
  ...[
    'CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET / HTTP/1.1\nhost: x\n\n',
    'GET / HTTP/1.1\r\n',
  ],
  ...[
    '{"json":true}\r\n',
    'get / HTTP/1.1\r\nhost: x\r\n\r\n',
    `GET /${'a'.repeat(70_000)}`,
    'GET  / HTTP/1.1\r\n\r\n',
  ],
  ...['HTTP/1.1 200 OK\r\n\r\n', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n', 'GET / HTTP/1.1\r\n\r: x\r\n\r\n'],
  Buffer.from('160301020001000001fc0303', 'hex'),
];

/** What frames its body wrongly, is no HTTP at all, or was damaged on its way. */
function makeBroken(making: Making): Ask {
  const { dice, target, actor } = making;
  const rest = { isWhole: false, isCostly: false, actor, methods: [] };
  const kind = dice.below(3);
  if (kind === 0) {
    const route = dice.pick(['login', 'claim', 'intent', 'requests', 'webhook'] as const);
    const { method, path } = ROUTES[route];
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${target.host}\r\ncontent-type: application/json\r\n`;
    return { ...rest, kind: 'frame', bytes: Buffer.from(head + dice.pick(FRAMES)) };
  }
  if (kind === 1)
    return {
      ...rest,
      kind: 'noise',
      bytes: Buffer.from(dice.chance(30) ? dice.bytes(200) : dice.pick(OTHERS)),
    };
  const { text, body } = makeRequest(making);
  const bytes = Buffer.from(closing(text));
  for (let index = 0; index < 1 + dice.below(4); index += 1)
    bytes[dice.below(bytes.length)] = dice.below(256);
  const cut = dice.chance(40) ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
  return {
    ...rest,
    kind: 'mangled',
    methods: [cut.toString('latin1').split(' ', 1)[0] ?? ''],
    bytes: cut,
    isCostly: body !== undefined && /claim|login/.test(body.name),
  };
}

/** What the next connection sends. */
export function makeAsk(dice: Dice, target: Target, actor: string | undefined): Ask {
  const making = { dice, target, actor };
  return dice.chance(85) ? makePipeline(making) : makeBroken(making);
}
