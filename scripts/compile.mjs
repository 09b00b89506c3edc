// Compiles the package in the current folder as `tsc --project tsconfig.json` does, and writes the number
// itself where the source names one, such as `OutcomeCode.ok`: no bundler does that across modules, so the
// tables of names would be in every bundle.
import path from "node:path";
import ts from "typescript";

const config = path.resolve("tsconfig.json");
const parsed = ts.getParsedCommandLineOfConfigFile(config, undefined, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
  },
});
if (parsed === undefined) throw new Error(`no configuration at ${config}`);
const program = ts.createProgram(parsed.fileNames, parsed.options);
const { diagnostics } = program.emit(undefined, undefined, undefined, false, {
  before: [inlineNumbers(program.getTypeChecker())],
});
const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
if (problems.length > 0) {
  console.error(
    ts.formatDiagnosticsWithColorAndContext(problems, {
      getCurrentDirectory: ts.sys.getCurrentDirectory,
      getCanonicalFileName: (file) => file,
      getNewLine: () => "\n",
    }),
  );
  process.exitCode = 1;
}

/**
 * @param {ts.TypeChecker} checker
 * @returns {ts.TransformerFactory<ts.SourceFile>}
 */
function inlineNumbers(checker) {
  return (context) => {
    const { factory } = context;
    /** @type {ts.Visitor} */
    const visit = (node) => {
      if (ts.isPropertyAccessExpression(node) && isTable(node.expression)) {
        const type = checker.getTypeAtLocation(node);
        if (type.isNumberLiteral() && type.value >= 0) {
          const number = ts.setOriginalNode(factory.createNumericLiteral(type.value), node);
          const name = ` ${node.getText()} `;
          const kind = ts.SyntaxKind.MultiLineCommentTrivia;
          return ts.addSyntheticTrailingComment(ts.setTextRange(number, node), kind, name);
        }
      }
      return ts.visitEachChild(node, visit, context);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };

  /** Whether it names a table of numbers: a constant that nothing can write to. @param {ts.Expression} node */
  function isTable(node) {
    if (!ts.isIdentifier(node)) return false;
    const named = checker.getSymbolAtLocation(node);
    if (named === undefined) return false;
    const isAlias = (named.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(named) : named;
    const declared = symbol.valueDeclaration;
    if (declared === undefined || !ts.isVariableDeclaration(declared)) return false;
    const properties = checker.getTypeOfSymbol(symbol).getProperties();
    return (
      (ts.getCombinedNodeFlags(declared) & ts.NodeFlags.Const) !== 0 &&
      properties.length > 0 &&
      properties.every((property) => isNumber(checker.getTypeOfSymbol(property)))
    );
  }

  /** @param {ts.Type} type */
  function isNumber(type) {
    return type.isNumberLiteral();
  }
}
