import { z } from 'zod';
import { ProblemAnswer } from '../contract/api/problem-answer.ts';
import type { Route } from '../contract/api/route.ts';
import { BUILD_HEADER, REQUEST_ID_HEADER, ROUTES } from '../contract/api/routes.ts';
import { LiveEvents } from '../contract/api/status.ts';
import { ObjectName } from '../contract/names.ts';
import { PROBLEMS } from '../contract/problem.ts';
import { DEFAULT_BODY_BYTES } from './body.ts';

type Json = Readonly<Record<string, unknown>>;

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. What it cannot say is left open. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== '$schema'));
}

/** Words for a good answer. */
const MEANING: Readonly<Record<string, string>> = {
  200: 'All is well.',
  202: 'Accepted; the status says when it is done.',
  204: 'Done; nothing to say.',
  304: 'Nothing has changed since.',
  503: 'Not now.',
};

function contentOf(answer: Route['answers'][number]): Json {
  if (answer === 'empty') return {};
  if (answer === 'events') {
    const events = Object.entries<z.ZodType>(LiveEvents).map(([name, schema]): [string, Json] => [
      name,
      schemaOf(schema, 'output'),
    ]);
    const content = { 'text/event-stream': { schema: { type: 'string' } } };
    return { content, 'x-events': Object.fromEntries(events) };
  }
  if (answer === 'text') return { content: { 'text/plain': { schema: { type: 'string' } } } };
  const schema = answer === 'json' ? { type: 'object' } : schemaOf(answer, 'output');
  return { content: { 'application/json': { schema } } };
}

/** Statuses with which a route may refuse, from what it asks for. */
function refusalsOf({ access, method, body, path, answers }: Route): readonly number[] {
  const codes = Object.values(PROBLEMS).map((spec) => spec.http);
  const own = [
    ...(access === 'public' ? [] : [401, 409]),
    ...(access === 'admin' ? [403] : []),
    ...(method === 'GET' ? [] : [401, 403, 404, 409, 413, 422, 428]),
    ...(body === undefined ? [] : [415]),
    ...(path.includes(':') ? [404] : []),
    ...[429, 500, 502, 503, 504],
  ];
  return [...new Set(own)].filter((status) => codes.includes(status) && !(status in answers)).sort();
}

function parametersOf({ path, query }: Route, isIntent: boolean): readonly Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: schemaOf(ObjectName, 'input') },
  }));
  const shape: Readonly<Record<string, z.ZodType>> = query?.shape ?? {};
  const inQuery = Object.entries(shape).map(([name, schema]) => ({
    ...{ name, in: 'query', required: false, schema: schemaOf(schema, 'input') },
  }));
  const ifMatch = { name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } };
  return [...inPath, ...inQuery, ...(isIntent ? [ifMatch] : [])];
}

const HEADERS: Json = {
  [REQUEST_ID_HEADER]: { schema: { type: 'string' } },
  [BUILD_HEADER]: { schema: { type: 'string' } },
};
const REFUSAL: Json = { $ref: '#/components/responses/Problem' };

function operationOf(name: string, route: Route): Json {
  const { summary, access, dryRunAccess, body, bodyBytes, answers } = route;
  const good = Object.entries(answers).map(([status, answer]) => [
    status,
    { description: MEANING[status] ?? 'An answer.', headers: HEADERS, ...contentOf(answer) },
  ]);
  const refusals = refusalsOf(route).map((status) => [String(status), REFUSAL]);
  const parameters = parametersOf(route, name === 'intent');
  return {
    ...{
      operationId: name,
      summary,
      'x-access': access,
      ...(dryRunAccess === undefined ? {} : { 'x-dry-run-access': dryRunAccess }),
    },
    ...(access === 'public' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            ...{ required: true, 'x-max-bytes': bodyBytes ?? DEFAULT_BODY_BYTES },
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: Object.fromEntries([...good, ...refusals, ['default', REFUSAL]]),
  };
}

/** The table of routes as an OpenAPI 3.1 document. */
export function openApiOf(about: {
  readonly title: string;
  readonly version: string;
  /** Name of the session's cookie. */
  readonly cookie: string;
}): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(name, route);
  }
  const problem = { schema: { $ref: '#/components/schemas/ProblemAnswer' } };
  return {
    openapi: '3.1.0',
    info: { title: about.title, version: about.version },
    servers: [{ url: '/' }],
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: about.cookie } },
      schemas: { ProblemAnswer: schemaOf(ProblemAnswer, 'output') },
      responses: {
        Problem: {
          ...{ description: 'A problem from the closed table.', headers: HEADERS },
          content: { 'application/json': problem },
        },
      },
    },
  };
}
