/** What a script sets: variables that decide what runs, lists that hold names of secrets, texts that bash evaluates when it sets them. */
import type { ParameterExpansionPart, SyntaxNode } from 'unbash';
import { type Context, tell } from './context.ts';
import { isEvaluatedVariable, noteEvaluated, runsSubscript } from './evaluated-text.ts';
import { noteSecretNames } from './hand-on.ts';
import { noteVariable } from './run-rest.ts';
import { type Arg, resolveText, resolveWord } from './words.ts';

/** @param handedOver it stands before a command, which gets it */
export function noteAssignment(
  node: Extract<SyntaxNode, { type: 'Assignment' }>,
  context: Context,
  handedOver = false,
): void {
  const value = node.value.type === 'Word' ? resolveText(node.value.parts, node.value.value, context.scope) : undefined;
  noteVariable(node.name, value?.known ? value.text : undefined, '(assignment)', context, handedOver);
  noteEvaluated(node.index, context);
  if (node.value.type === 'ArrayValue') {
    for (const element of node.value.elements) if (element.text.startsWith('[')) noteEvaluated(element, context);
    noteSecretNames(
      node.value.elements.flatMap((element) => resolveWord(element, context.scope)).map(withoutSubscript),
      '(assignment)',
      context,
    );
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
  if (operation?.type === 'Default' && /[=+]$/u.test(operation.operator)) {
    if (operation.operator.endsWith('=')) noteVariable(parameter, undefined, '(assignment)', context);
    noteSecretNames(
      [resolveText(operation.operand.parts, operation.operand.value, context.scope)],
      '(expansion)',
      context,
    );
  }
}
