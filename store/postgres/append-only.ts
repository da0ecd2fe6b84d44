/**
 * Postgres's words for an append-only table: no update, no delete, no truncate, also not by its owner, who would first have
 * to take the trigger away, which is a deed of its own in the server's log.
 */
export function appendOnly(table: 'ledger' | 'control'): string[] {
  const refuse = `refuse_change_of_${table}`;
  return [
    `create function ${refuse}() returns trigger language plpgsql as $$ begin raise exception '${table} rows are append-only' using errcode = 'restrict_violation'; end $$`,
    `create trigger ${table}_no_change before update or delete on ${table} for each row execute function ${refuse}()`,
    `create trigger ${table}_no_truncate before truncate on ${table} for each statement execute function ${refuse}()`,
  ];
}
