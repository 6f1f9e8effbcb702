import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

/** Root of the checkout. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Source {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly {
    readonly specifier: string;
    readonly typeOnly: boolean;
    readonly target: string;
  }[];
}

const run = promisify(execFile);

/** Files that git tracks or would track, so that build output and caches never count. */
export async function trackedFiles(pattern: RegExp): Promise<readonly string[]> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    maxBuffer: 32 * 1024 * 1024,
  });
  return [...new Set(stdout.split('\n'))].filter((path) => pattern.test(path)).sort();
}

function importsOf(path: string, ast: ts.SourceFile): Source['imports'] {
  return ast.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    if (!isImport || statement.moduleSpecifier === undefined) return [];
    if (!ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const specifier = statement.moduleSpecifier.text;
    const typeOnly = ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    return [{ specifier, typeOnly, target }];
  });
}

/** Parsed TypeScript files. */
export async function sources(pattern: RegExp): Promise<readonly Source[]> {
  const paths = await trackedFiles(pattern);
  const texts = await Promise.all(
    paths.map((path) => readFile(join(ROOT, path), 'utf8').catch(() => undefined)),
  );
  return paths.flatMap((path, index) => {
    const text = texts[index];
    if (text === undefined) return [];
    const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
    return [{ path, text, ast, imports: importsOf(path, ast) }];
  });
}
