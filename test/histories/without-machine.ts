/**
 * Takes out of a recorded history what names the machine it was recorded on: identities and sticky queues hold process and
 * host, stack traces hold paths. Nothing that is checked depends on any of them.
 */
export function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'stackTrace');
  const entries = kept.map(([key, inner]): [string, unknown] => {
    if (key === 'identity') return [key, 'recorder'];
    if (key === 'name' && value['kind'] === 'TASK_QUEUE_KIND_STICKY') return [key, 'recorder-sticky'];
    return [key, withoutMachine(inner)];
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
