/** Writes schemas/policy.schema.json from the schema that loads policies; a test fails when the two differ. */
import { writeFile } from 'node:fs/promises';
import { policyJsonSchemaText } from '../policy/json-schema.ts';

await writeFile(new URL('../schemas/policy.schema.json', import.meta.url), policyJsonSchemaText());
