import { isMap, parseDocument, type Document } from 'yaml';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { isRecord, type Json } from '../json.ts';

function setDeep(document: Document, path: readonly string[], value: unknown): void {
  if (isRecord(value) && Object.keys(value).length > 0 && isMap(document.getIn(path))) {
    for (const [key, child] of Object.entries(value)) setDeep(document, [...path, key], child);
    return;
  }
  document.setIn(path, document.createNode(value));
}

/** Lays values over a values file: mappings are merged, everything else is replaced; comments and order stay. */
export function overlayValues(subject: string, text: string, overlay: Json): Verdict<string> {
  const document = parseDocument(text);
  const mistake = document.errors[0];
  if (mistake !== undefined) return refuse('publish.lint', `${subject}: ${mistake.message}`, subject);
  if (document.contents === null) return overlayValues(subject, '{}\n', overlay);
  if (!isMap(document.contents)) return refuse('publish.lint', `${subject} is not a mapping`, subject);
  for (const [key, value] of Object.entries(overlay)) setDeep(document, [key], value);
  return accept(String(document));
}
