import { isRecord, type Json } from '../json.ts';

/** Plain data as it comes out of YAML. */
export type Tree = Json;
export type Path = readonly (string | number)[];

/** Whether this is a mapping. */
export const isTree = isRecord;

/** The value at this place, or undefined. */
export function at(value: unknown, ...path: Path): unknown {
  let here = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === 'number') here = here[key];
    else if (isTree(here) && Object.hasOwn(here, key)) here = here[key];
    else return undefined;
  }
  return here;
}

/** The string at this place, or an empty one. */
export function text(value: unknown, ...path: Path): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The list at this place, or an empty one. */
export function list(value: unknown, ...path: Path): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The mapping at this place, or an empty one. */
export function tree(value: unknown, ...path: Path): Tree {
  const found = at(value, ...path);
  return isTree(found) ? found : {};
}

/** Every mapping inside, with its path, outermost first. */
export function* trees(
  value: unknown,
  path: Path = [],
): Generator<{ readonly path: Path; readonly tree: Tree }> {
  if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) yield* trees(child, [...path, index]);
  } else if (isTree(value)) {
    yield { path, tree: value };
    for (const [key, child] of Object.entries(value)) yield* trees(child, [...path, key]);
  }
}

/** Every string inside, with its path. */
export function* strings(
  value: unknown,
  path: Path = [],
): Generator<{ readonly path: Path; readonly text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) yield* strings(child, [...path, index]);
  } else if (isTree(value)) {
    for (const [key, child] of Object.entries(value)) yield* strings(child, [...path, key]);
  }
}
