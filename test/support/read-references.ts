// What a TypeScript file refers to: every module it names, in whichever way, and every place it reads process.env.
import ts from 'typescript';

export interface References {
  readonly imports: readonly { readonly specifier: string; readonly line: number }[];
  readonly environmentReads: readonly { readonly line: number }[];
}

/** Parses the text by itself, without the files it refers to. Lines are counted from 1. */
export function readReferences(path: string, text: string): References {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: { specifier: string; line: number }[] = [];
  const environmentReads: { line: number }[] = [];

  const visit = (node: ts.Node): void => {
    const specifier = importedBy(node);
    if (specifier) imports.push({ specifier: specifier.text, line: lineOf(source, specifier) });
    if (readsEnvironment(node)) environmentReads.push({ line: lineOf(source, node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { imports, environmentReads };
}

function importedBy(node: ts.Node): ts.StringLiteralLike | undefined {
  // import … from 'x', import 'x', export … from 'x'
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  // import x = require('x')
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  // type X = import('x').Y
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  // import('x'), require('x')
  if (ts.isCallExpression(node)) {
    const isImport =
      node.expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(node.expression, 'require');
    return isImport ? literal(node.arguments[0]) : undefined;
  }
  // new URL('./worker.ts', import.meta.url): how worker threads are named
  if (ts.isNewExpression(node) && isNamed(node.expression, 'URL') && node.arguments?.length === 2) {
    const file = literal(node.arguments[0]);
    return file && /^\.{1,2}\/.*\.[jt]sx?$/.test(file.text) ? file : undefined;
  }
  return undefined;
}

function readsEnvironment(node: ts.Node): boolean {
  // process.env, globalThis.process.env
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression);
  // process['env']
  if (ts.isElementAccessExpression(node)) {
    return literal(node.argumentExpression)?.text === 'env' && isProcess(node.expression);
  }
  // const { env } = process
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
    return node.initializer !== undefined && isProcess(node.initializer) && namesEnv(node.name.elements);
  }
  // import { env } from 'node:process'
  if (ts.isImportDeclaration(node) && /^(node:)?process$/.test(literal(node.moduleSpecifier)?.text ?? '')) {
    const bindings = node.importClause?.namedBindings;
    return bindings !== undefined && ts.isNamedImports(bindings) && namesEnv(bindings.elements);
  }
  return false;
}

const namesEnv = (elements: readonly (ts.BindingElement | ts.ImportSpecifier)[]): boolean =>
  elements.some((element) => isNamed(element.propertyName ?? element.name, 'env'));

const isProcess = (node: ts.Node): boolean =>
  isNamed(node, 'process') || (ts.isPropertyAccessExpression(node) && node.name.text === 'process');

const isNamed = (node: ts.Node, name: string): boolean => ts.isIdentifier(node) && node.text === name;

const literal = (node: ts.Node | undefined): ts.StringLiteralLike | undefined =>
  node && ts.isStringLiteralLike(node) ? node : undefined;

const lineOf = (source: ts.SourceFile, node: ts.Node): number =>
  source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
