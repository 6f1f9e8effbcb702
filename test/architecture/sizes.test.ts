import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { sources, type Source } from './sources.ts';

const LIMITS = { file: 250, testFile: 400, function: 50, component: 80, folder: 12 } as const;
const all = await sources(/\.(ts|tsx)$/);
const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) || /^test\//.test(path) || /\/test\//.test(path);
const lines = (text: string): number => text.split('\n').length - 1;

/** React components begin with a capital letter. */
const isComponent = (path: string, name: string): boolean => path.endsWith('.tsx') && /^[A-Z]/.test(name);

/** Named functions, methods and functions assigned to a name, with their length in lines. */
function functionsOf(source: Source): readonly { readonly name: string; readonly lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  const length = (node: ts.Node): number =>
    source.ast.getLineAndCharacterOfPosition(node.end).line -
    source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast)).line +
    1;
  const visit = (node: ts.Node): void => {
    if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name !== undefined) {
      found.push({ name: node.name.getText(source.ast), lines: length(node) });
    }
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      const initializer = node.initializer;
      if (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)) {
        found.push({ name: node.name.getText(source.ast), lines: length(initializer) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source.ast);
  return found;
}

describe('sizes', () => {
  it('keep a source file within 250 lines and a test file within 400', () => {
    const offences = all
      .filter((source) => lines(source.text) > (isTest(source.path) ? LIMITS.testFile : LIMITS.file))
      .map((source) => `${source.path}: ${lines(source.text)}`);
    expect(offences).toEqual([]);
  });

  it('keep a function within 50 lines', () => {
    const offences = all
      .filter((source) => !isTest(source.path))
      .flatMap((source) =>
        functionsOf(source)
          .filter(
            (entry) =>
              entry.lines > (isComponent(source.path, entry.name) ? LIMITS.component : LIMITS.function),
          )
          .map((entry) => `${source.path} ${entry.name}: ${entry.lines}`),
      );
    expect(offences).toEqual([]);
  });

  it('keep a folder within 12 source files', () => {
    const folders = Map.groupBy(
      all.filter((source) => /^(host-service\/.*|setup-ui\/)src\//.test(source.path) && !isTest(source.path)),
      (source) => dirname(source.path),
    );
    const offences = [...folders].filter(([, files]) => files.length > LIMITS.folder);
    expect(offences.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });
});
