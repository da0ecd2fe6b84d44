/**
 * The JSON Schema of a policy file, for editors that complete and mark it. It is made from the schema that loads policies;
 * what only the loader checks (references, conditions, names that must agree) is not in it.
 */
import { z } from 'zod';
import { policySourceSchema } from './schema.ts';

export const policySchemaId = 'urn:countersign:schema:policy:1';

export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(policySourceSchema, { io: 'input', reused: 'inline' });
  return {
    $schema,
    $id: policySchemaId,
    title: 'Countersign policy, version 1',
    description: 'Which tool calls of an agent run by themselves, which a person approves, which are refused',
    ...schema,
  };
}

/** As it is in the file: two blanks, a line end. */
export function policyJsonSchemaText(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}
