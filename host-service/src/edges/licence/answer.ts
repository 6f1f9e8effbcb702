import { z } from 'zod';
import { Timestamp } from '../../contract/names.ts';
import type { ProblemCode } from '../../contract/problem.ts';
import type { LicenceAnswer } from '../../core/setup/licence-answer.ts';

/** A licence that ends later than this does not end: the service's sentinel lies in the year 2286 (B-90). Seconds since 1970. */
const PERPETUAL = Date.UTC(2100, 0, 1) / 1000;

const Text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u);

/** What the service answers when a code was redeemed. Members that we do not know are left out; those that we know have to be right. */
const Redeemed = z.object({
  license_token: z
    .string()
    .max(16_384)
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  appliance_credential: Text(4096),
  check_in_url: z.url({ protocol: /^https?$/ }).max(1024),
  tenant_id: Text(256).optional(),
  edition: Text(64).optional(),
  company: Text(256).optional(),
  expires_at: z.union([z.int().min(0).max(99_999_999_999), Timestamp]).optional(),
});
const Refusal = z.object({
  error: z.enum(['invalid', 'expired', 'consumed', 'superseded', 'tenant_mismatch']),
});
type Refusal = z.infer<typeof Refusal>['error'];

/** What its words mean for a person: each is corrected by another code. */
const MEANING: Readonly<Record<Refusal, readonly [ProblemCode, string]>> = {
  invalid: ['register.code-invalid', 'the service does not know this code'],
  expired: ['register.code-expired', 'the time of this code is over'],
  consumed: ['register.code-used', 'this code was redeemed before'],
  superseded: ['register.code-expired', 'a newer code has replaced this one'],
  tenant_mismatch: ['register.code-invalid', 'this code belongs to another company'],
};

/** A complete answer of the service, taken apart. Structured errors come before the status: a 404 with words is an answer (B-89). */
export function licenceAnswerOf(status: number, text: string, applianceId: string): LicenceAnswer {
  const json = jsonOf(text);
  const refusal = Refusal.safeParse(json);
  if (refusal.success && status >= 400 && status < 500) {
    const [code, detail] = MEANING[refusal.data.error];
    return { kind: 'refused', problem: { code, detail } };
  }
  if (status >= 500 || status === 429 || status === 408)
    return unavailable('register.unreachable', `it answered with status ${status}`);
  const redeemed = Redeemed.safeParse(json);
  if (status !== 200 && status !== 201)
    return unavailable(
      'register.answer-invalid',
      `it answered with status ${status} and no reason that is known`,
    );
  if (!redeemed.success) {
    const [issue] = redeemed.error.issues;
    const place =
      issue === undefined || issue.path.length === 0 ? 'its answer' : issue.path.map(String).join('.');
    return unavailable('register.answer-invalid', `${place} is not what it has to be`);
  }
  const { license_token: token, appliance_credential: credential, check_in_url: checkInUrl } = redeemed.data;
  const { tenant_id: tenantId, edition, company, expires_at: at } = redeemed.data;
  const optional = Object.entries({ tenantId, edition, company }).filter(([, value]) => value !== undefined);
  return {
    kind: 'registered',
    fields: { token, credential, checkInUrl, applianceId, ...Object.fromEntries(optional) },
    expires: expiryOf(at ?? expiryIn(token)),
  };
}

export const unavailable = (
  code: 'register.unreachable' | 'register.answer-invalid',
  detail: string,
  retryAfterMs?: number,
): LicenceAnswer => ({ kind: 'unavailable', problem: { code, detail }, retryAfterMs });

function expiryOf(at: number | string | undefined): string | undefined {
  if (at === undefined) return undefined;
  const seconds = typeof at === 'number' ? at : Date.parse(at) / 1000;
  return seconds >= PERPETUAL ? 'perpetual' : new Date(seconds * 1000).toISOString();
}

/** When a signed licence says that it ends. For people only: who uses the licence checks its signature. */
function expiryIn(token: string): number | undefined {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  return z.object({ exp: z.int().min(0).max(99_999_999_999) }).safeParse(jsonOf(payload)).data?.exp;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
