/** What a script sets: variables that decide what runs, lists that hold names of secrets, texts that bash evaluates when it sets them. */
import type { ParameterExpansionPart, SyntaxNode } from 'unbash';
import { type Context, tell } from './context.ts';
import { isEvaluatedVariable, noteEvaluated, runsSubscript } from './evaluated-text.ts';
import { noteSecretNames } from './hand-on.ts';
import { noteVariable } from './run-rest.ts';
import { tellSecret } from './tell-secret.ts';
import { type Arg, resolveText, resolveWord } from './words.ts';

/** How clients of databases take their password. */
const passwordOf = /^(?:PGPASSWORD psql|PGPASSWORD pg_\w+|MYSQL_PWD (?:mysql|mariadb)\w*|REDISCLI_AUTH redis-cli)$/u;

/** @param command the one that it stands before, which gets it */
export function noteAssignment(
  node: Extract<SyntaxNode, { type: 'Assignment' }>,
  context: Context,
  command?: string,
): void {
  const value = node.value.type === 'Word' ? resolveText(node.value.parts, node.value.value, context.scope) : undefined;
  noteVariable(node.name, value?.known ? value.text : undefined, '(assignment)', context, command !== undefined);
  // Under another name nobody would know it again.
  const values = value ? [value] : elementsOf(node, context);
  const isPassword = !context.scope.traced && passwordOf.test(`${node.name} ${command ?? ''}`);
  if (values.some(({ secret }) => secret) && !isPassword) tellSecret('(assignment)', context);
  noteEvaluated(node.index, context);
  if (node.value.type === 'ArrayValue') {
    for (const element of node.value.elements) if (element.text.startsWith('[')) noteEvaluated(element, context);
    noteSecretNames(values.map(withoutSubscript), '(assignment)', context);
  } else if (node.index && value) noteSecretNames([value], '(assignment)', context);
  else if (isEvaluatedVariable(node.name)) noteEvaluated(node.value, context);
  const texts = node.value.type === 'Word' ? [value?.text ?? ''] : node.value.elements.map((word) => word.value);
  if (texts.some(runsSubscript)) {
    tell(context, {
      name: '(assignment)',
      class: 'opaque',
      rule: 'subscript',
      reason: 'a subscript in it may be run as code',
    });
  }
}

function elementsOf({ value }: Extract<SyntaxNode, { type: 'Assignment' }>, { scope }: Context): Arg[] {
  return value.type === 'ArrayValue' ? value.elements.flatMap((element) => resolveWord(element, scope)) : [];
}

/** `[key]=value` of a list. */
function withoutSubscript(arg: Arg): Arg {
  return arg.text.startsWith('[') ? { ...arg, text: arg.text.replace(/^\[[^\]]*\]=/u, '') } : arg;
}

/** `${x@P}` expands what stands in the variable once more, and runs the substitutions in it; `${x:=y}` sets it, `${x:+y}` is another text. */
export function noteExpansion({ parameter, index, operation }: ParameterExpansionPart, context: Context): void {
  noteEvaluated(index, context);
  if (operation?.type === 'Slice') {
    noteEvaluated(operation.offset, context);
    noteEvaluated(operation.length, context);
  }
  if (operation?.type === 'Transform' && operation.operand.value.includes('P'))
    tell(context, {
      name: '(expansion)',
      class: 'opaque',
      rule: 'prompt-expansion',
      reason: 'it runs what stands in a variable',
    });
  if (operation?.type === 'Default' && /[=+?]$/u.test(operation.operator)) {
    const operand = resolveText(operation.operand.parts, operation.operand.value, context.scope);
    if (operation.operator.endsWith('=')) {
      noteVariable(parameter, undefined, '(assignment)', context);
      if (operand.secret) tellSecret('(assignment)', context);
    }
    // `${x?text}` ends with the text, where there is no x.
    if (operation.operator.endsWith('?') && operand.secret) tellSecret('(expansion)', context);
    noteSecretNames([operand], '(expansion)', context);
  }
}
