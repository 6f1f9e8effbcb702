import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES, type RouteName } from 'host-service/contract/api/routes.ts';
import { z } from 'zod';
import { BODIES } from '../../flow/api-world.ts';
import type { Dice } from './dice.ts';

/** Stands in every password, cookie and credential that a stranger sends: it may come back nowhere. */
export const SECRET = 'canary-7f3a9c';

const deep = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + '1' + close.repeat(depth);

/** Members that no schema of ours expects, as JSON. */
const MEMBERS: readonly string[] = [
  ...['null', 'true', 'false', '0', '-1', '1e308', '-0', '1e999', '123456789012345678901234567890'],
  ...['""', '" "', '[]', '{}', '[[]]', '[null]', '{"":""}', '"\\u0000"', '"\\ud800"', '"😀"', '"é"'],
  ...['"../../etc/passwd"', '"$(reboot)"', '"<script>alert(1)</script>"', '"{{7*7}}"', '"a\\r\\nb: c"'],
  ...[`"${'x'.repeat(3_000)}"`, '{"__proto__":{"role":"admin"}}'],
  ...['{"constructor":{"prototype":{"isAdmin":true}}}', '{"toString":null}', '{"$ref":"#"}'],
  ...[deep('[', ']', 800), deep('{"a":', '}', 500), `[${'0,'.repeat(900)}0]`],
];

/** Members in which people type what nobody may read back. */
const SECRETS: Readonly<Record<string, string>> = {
  ...{ password: `"${SECRET}"`, code: `"${SECRET}"`, user: `"${SECRET}"` },
  secrets: `{"adminPassword":"${SECRET}"}`,
};

/** Whole bodies that are no object of ours, or no JSON at all. */
const WHOLE: readonly (string | Buffer)[] = [
  ...[
    '',
    ' ',
    'null',
    '0',
    '"text"',
    '[]',
    '[{}]',
    '{',
    '{"a":',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '\u0000',
  ],
  ...[
    '<xml/>',
    'user=admin&password=x',
    '{"a":1}{"b":2}',
    '\ufeff{}',
    '{"user":"a","user":"b","password":"c"}',
  ],
  ...['{"__proto__":{"claimed":false}}', '{"__proto__":null}', '{"constructor":1}', '{"hasOwnProperty":1}'],
  ...[deep('[', ']', 30_000), deep('{"a":', '}', 10_000), '['.repeat(60_000), `"${'\\u0000'.repeat(9_000)}"`],
  ...[`{"a":"${'x'.repeat(4_200)}"}`, `{"a":"${'x'.repeat(66_000)}"}`, `{${'"k":1,'.repeat(8_000)}"k":1}`],
  ...[Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), Buffer.from([0x7b, 0xc0, 0xaf, 0x7d])],
  Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00]),
];

const taking = (Object.keys(ROUTES) as RouteName[]).filter((name) => 'body' in ROUTES[name]);

/** Every member of every body that the table knows, so that each gets wrong values. */
const PLACES = taking.flatMap((name) => {
  const { body }: Route = ROUTES[name];
  const ways: readonly unknown[] = body instanceof z.ZodUnion ? body.options : [body];
  return ways.flatMap((way) => {
    if (!(way instanceof z.ZodObject)) throw new Error(`the body of ${name} has no members`);
    return Object.keys(way.shape).map((member) => ({ name, member }));
  });
});

export interface Body {
  /** Where it belongs. */
  readonly name: RouteName;
  readonly bytes: Buffer;
  /** The route's schema takes it: for a claim or a sign-in the server then works hard. */
  readonly isTaken: boolean;
}

function isTaken(name: RouteName, text: string): boolean {
  const { body }: Route = ROUTES[name];
  try {
    return body?.safeParse(JSON.parse(text)).success === true;
  } catch {
    return false;
  }
}

/** A body for a route that takes one: a good one with one member changed, or anything else. */
export function makeBody(dice: Dice): Body {
  const { name, member } = dice.pick(PLACES);
  if (dice.chance(30)) {
    const whole = dice.chance(15) ? dice.bytes(dice.below(300)) : dice.pick(WHOLE);
    return { name, bytes: Buffer.from(whole), isTaken: false };
  }
  const good = Object.entries(Object(BODIES[name]) as Record<string, unknown>);
  const value = dice.chance(5)
    ? JSON.stringify(good[0]?.[1] ?? 1)
    : dice.pick([...MEMBERS, SECRETS[member] ?? 'null']);
  const named = dice.chance(10) ? dice.pick(['__proto__', 'constructor', 'extra', '', member]) : member;
  const members = good
    .filter(([key]) => key !== named)
    .map(([key, one]) => [key, JSON.stringify(one)] as const);
  members.splice(dice.below(members.length + 1), 0, [named, value]);
  const text = `{${members.map(([key, one]) => `${JSON.stringify(key)}:${one}`).join(',')}}`;
  return { name, bytes: Buffer.from(text), isTaken: isTaken(name, text) };
}
