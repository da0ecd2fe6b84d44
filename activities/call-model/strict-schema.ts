/**
 * Whether a tool's schema can be sent with `strict: true` as it stands. The provider answers 400 to a strict schema that
 * uses anything else; the schema itself is never rewritten, because the gate checks arguments against the original.
 */
import { isRecord } from './adapter.ts';

const allowed = new Set([
  '$defs',
  '$ref',
  '$schema',
  'additionalProperties',
  'anyOf',
  'const',
  'description',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'items',
  'maxItems',
  'maximum',
  'minItems',
  'minimum',
  'multipleOf',
  'pattern',
  'properties',
  'required',
  'title',
  'type',
]);
const deepest = 10;

export function fitsStrictMode(schema: unknown): boolean {
  return isRecord(schema) && schema['type'] === 'object' && !('anyOf' in schema) && fits(schema, 0);
}

function fits(schema: unknown, depth: number): boolean {
  if (!isRecord(schema) || depth > deepest) return false;
  if (Object.keys(schema).some((keyword) => !allowed.has(keyword))) return false;
  const { properties, required, items, anyOf, $defs, $ref } = schema;
  if ($ref !== undefined && !(typeof $ref === 'string' && $ref.startsWith('#'))) return false;
  if (isObjectSchema(schema)) {
    const names = isRecord(properties) ? Object.keys(properties) : [];
    if (schema['additionalProperties'] !== false || !Array.isArray(required)) return false;
    if (names.length !== required.length || !names.every((name) => required.includes(name))) return false;
  }
  const inner: unknown[] = [
    ...(isRecord(properties) ? Object.values(properties) : []),
    ...(isRecord($defs) ? Object.values($defs) : []),
    ...(items === undefined ? [] : [items]),
    ...(Array.isArray(anyOf) ? (anyOf as unknown[]) : []),
  ];
  return inner.every((one) => fits(one, depth + 1));
}

function isObjectSchema(schema: Record<string, unknown>): boolean {
  const { type } = schema;
  return type === 'object' || 'properties' in schema || (Array.isArray(type) && type.includes('object'));
}
