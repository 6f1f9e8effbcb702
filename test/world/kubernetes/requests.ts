import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { badRequest, invalid, Refusal, required } from './refusal.ts';
import type { WriteOptions } from './objects.ts';

const LIMIT = 3 * 1024 * 1024;

/** One request whose body was read within its bound. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
  readonly accept: string;
  readonly userAgent: string;
  readonly token: string;
}

/** @throws Refusal 413 */
export async function readAsk(request: IncomingMessage): Promise<Ask> {
  const url = new URL(request.url ?? '/', 'http://embedded');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LIMIT) chunks.push(chunk);
  }
  const { headers } = request;
  if (length > LIMIT)
    throw new Refusal(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LIMIT}`);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: Buffer.concat(chunks),
    contentType: (headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '',
    accept: headers.accept ?? '*/*',
    userAgent: headers['user-agent'] ?? 'unknown',
    token: /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '',
  };
}

const YAML = new Set(['application/apply-patch+yaml', 'application/yaml']);

/** @throws Refusal 400, 415 */
export function bodyOf(ask: Ask): JsonObject {
  const text = ask.body.toString('utf8');
  const yaml = YAML.has(ask.contentType);
  if (!yaml && ask.contentType !== 'application/json')
    throw new Refusal(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  const value = parsed(text, yaml);
  if (isObject(value)) return value;
  throw badRequest(`couldn't get version/kind; json parse error: the body is not an object`);
}

function parsed(text: string, yaml: boolean): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    if (!yaml) throw badRequest(`the object provided is unrecognized (must be of type JSON): ${why}`);
  }
  try {
    return parse(text, { maxAliasCount: 0 }) as Json;
  } catch {
    throw badRequest('error decoding YAML: the body is not YAML');
  }
}

/** DELETE may come without a body. */
export const deleteOptions = (ask: Ask): JsonObject => (ask.body.length === 0 ? {} : bodyOf(ask));

const VALIDATIONS = ['Strict', 'Warn', 'Ignore'] as const;

/** @throws Refusal 400, 422 */
export function writeOptions(ask: Ask, subresource: string): WriteOptions {
  const { query } = ask;
  const apply = ask.method === 'PATCH';
  const dryRun = query.get('dryRun') ?? '';
  const options = { group: 'meta.k8s.io', plural: 'options', kind: 'PatchOptions' };
  if (dryRun !== '' && dryRun !== 'All') throw badRequest('dryRun: Unsupported value');
  const manager = query.get('fieldManager') ?? '';
  if (apply && manager === '')
    throw invalid(options, '', [required('fieldManager', 'is required for apply patch')]);
  const said = query.get('fieldValidation') ?? '';
  const validation = VALIDATIONS.find((one) => one === (said === '' ? 'Warn' : said));
  if (validation === undefined) throw badRequest('fieldValidation: Unsupported value');
  return {
    manager: manager === '' ? (ask.userAgent.split('/')[0] ?? '').slice(0, 128) : manager,
    dryRun: dryRun === 'All',
    validation,
    force: query.get('force') === 'true',
    subresource: subresource === 'status' ? 'status' : '',
  };
}
