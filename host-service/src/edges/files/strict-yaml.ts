import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { Problem } from '../../contract/problem.ts';

/** Aliases that one document may resolve; "billion laughs" needs many more. */
const MAX_ALIASES = 50;
/** Mistakes named in one answer: enough to correct a file in few rounds, short enough for one line. */
const MAX_NAMED = 4;

type Parsed = Document.Parsed;

interface Reader {
  readonly path: string;
  readonly document: Parsed;
  readonly lines: LineCounter;
}

const lineAt = (reader: Reader, offset: number | undefined): string =>
  offset === undefined ? reader.path : `${reader.path}:${reader.lines.linePos(offset).line}`;

/** Offset of the key that the path names, or of the nearest part of it that is there. */
function offsetOf(document: Parsed, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const last = path[depth - 1];
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last));
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0];
    }
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isScalar(node) || isMap(node)) return node.range?.[0];
  }
  return document.contents?.range?.[0];
}

const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

/** Issues of a union are the issues of its most promising member: that of the same type, else the union's own sentence. */
function flatten(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const nearest = issue.errors
    .filter((member) => member.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
    .toSorted((a, b) => a.length - b.length)[0];
  if (nearest === undefined) return [issue];
  return nearest.flatMap((one) => flatten({ ...one, path: [...issue.path, ...one.path] }));
}

function sentences(reader: Reader, issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${lineAt(reader, offsetOf(reader.document, path))}: ${nameOf(path)}: is not a known key`;
    });
  }
  const missing = issue.path.length > 0 && !reader.document.hasIn(issue.path);
  const where = lineAt(reader, offsetOf(reader.document, issue.path));
  const name = nameOf(issue.path);
  return [`${where}: ${name === '' ? '' : `${name}: `}${missing ? 'is missing' : issue.message}`];
}

function parseText(path: string, text: string): Reader {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    customTags: [],
    merge: false,
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
    // 'silent' would also accept a second document without a word.
    logLevel: 'error',
    lineCounter: lines,
  });
  // A warning is an unknown tag or directive: somebody meant something that would not happen.
  const mistake = document.errors[0] ?? document.warnings[0];
  if (mistake !== undefined) {
    const line = lines.linePos(mistake.pos[0]).line;
    throw new Problem('config.invalid', `${path}:${line}: ${mistake.message}`);
  }
  if (document.contents === null) throw new Problem('config.invalid', `${path}: is empty`);
  return { path, document, lines };
}

/**
 * Reads YAML 1.2 (core schema; no custom tags, no merge keys, one document, unique keys, few aliases) and checks it by `schema`.
 * @throws Problem config.invalid naming file, line, key and reason, for up to four mistakes.
 */
export function parseStrictYaml<S extends z.ZodType>(path: string, text: string, schema: S): z.output<S> {
  const reader = parseText(path, text);
  let plain: unknown;
  try {
    plain = reader.document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'cannot be resolved';
    throw new Problem('config.invalid', `${path}: ${reason}`, { cause });
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  const found = result.error.issues.flatMap(flatten).flatMap((issue) => sentences(reader, issue));
  const rest = found.length > MAX_NAMED ? `; and ${found.length - MAX_NAMED} more` : '';
  throw new Problem('config.invalid', `${found.slice(0, MAX_NAMED).join('; ')}${rest}`);
}
