/**
 * SQL and the meta commands of its shells. A statement reads if it begins as one that reads and calls nothing but functions
 * known to read; texts and comments are taken out first. What is not known to read does not.
 */
import { type Context, tell } from '../context.ts';
import type { ShellClass } from '../../../core/contracts/shell-class.ts';

const reading = /^(?:select|show|explain|describe|desc|with|values|table|help|use|\(*\s*select)\b/u;
const destroying = /^(?:drop|truncate|delete|shutdown|kill|reset|purge|flush|detach|revoke)\b/u;
const writing =
  /\b(?:insert|update|delete|drop|truncate|alter|create|grant|replace|merge|call|execute|exec|do|copy|load|attach|vacuum|into|lock|set)\b/u;
const safeFunctions = new Set(
  'count sum avg min max abs round floor ceil ceiling coalesce nullif greatest least lower upper length char_length substr substring trim ltrim rtrim replace concat concat_ws now date datetime time strftime julianday year month day hour minute second extract date_trunc date_part to_char to_date to_timestamp age interval cast convert row_number rank dense_rank lag lead first_value last_value ntile over partition array_agg string_agg group_concat json_agg jsonb_agg json_build_object row_to_json exists in any all some values and or not as on using from where having by case when then else limit union except intersect select distinct filter with over within varchar char decimal numeric pg_size_pretty pg_wal_lsn_diff pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_is_in_recovery pg_postmaster_start_time pg_blocking_pids pg_indexes_size pg_tablespace_size pg_column_size pg_get_viewdef pg_get_indexdef pg_get_constraintdef pg_get_functiondef format_type clock_timestamp pg_database_size pg_total_relation_size pg_relation_size pg_table_size current_database current_user version sqlite_version database user schema ifnull isnull if iif typeof hex unnest generate_series lateral left right lpad rpad split_part position strpos instr regexp_replace md5 random rand sign mod power sqrt log ln exp percentile_cont datediff timestampdiff date_sub date_add date_format from_unixtime unix_timestamp format'.split(
    ' ',
  ),
);
/** Lists and settings of the output. */
const backReads = /^(?:d(?!eu|[Rr]s)[a-zA-Z]*|l|x|timing|conninfo|q|pset|h|z|sf|sv|t|a|echo|encoding)\+?$/u;
/** The place of a connection stays where only another database is named. */
const otherDatabase = /\\c(?:onnect)?[ \t]+[\w-]+[ \t]*(?:\n|$)/gu;
const readingPragma =
  /^pragma\s+(?:\w+\.)?(?:table_x?info|table_list|index_x?info|index_list|foreign_key_(?:list|check)|database_list|collation_list|function_list|compile_options|page_count|page_size|freelist_count|integrity_check|quick_check|user_version|schema_version|journal_mode|encoding|foreign_keys)(?:\s*\(['"]?\w*['"]?\))?$/u;
/** They reach beyond the database, or act in it. */
const acting =
  /\b(?:pg_read_file|pg_read_binary_file|pg_ls_dir|mysql\.(?:user|servers|slave_master_info|global_priv|db|proxies_priv|slow_log|general_log)|show\s+create\s+user|pg_hba_file_rules|pg_authid|pg_shadow|pg_subscription|u&|_?pg_user_mappings?|user_mapping_options|pg_terminate_backend|pg_cancel_backend|lo_import|lo_export|dblink\w*|load_file|xp_\w+|sp_\w+|sys_exec|sys_eval|load_extension|writefile|readfile|outfile|dumpfile|program|edit|fts\w*)\b/u;

/** With them PostgreSQL only plans: `analyze` and what runs the statement, in any spelling, is none of them. */
const planned =
  /^(?:verbose|costs|settings|generic_plan|buffers|wal|timing|summary|memory|format|serialize|on|off|true|false|text|xml|json|yaml|none|[01])$/u;

export function classifySql(text: string, name: string, context: Context): void {
  const bare = withoutTexts(text);
  if (bare === undefined) {
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'sql-ambiguous',
      reason: 'databases would read it differently',
    });
  }
  if (startsBackCommand(text, bare)) {
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'sql-shell-command',
      reason: 'it starts a command or a file of the database shell',
    });
  }
  if (/(?<![:\w[]):[a-z_'"{]/iu.test(bare)) {
    return tell(context, { name, class: 'opaque', rule: 'sql-not-static', reason: 'a variable stands in it for text' });
  }
  const metas = text
    .toLowerCase()
    .matchAll(
      /(?:^|\n)[^\S\n]*(?:\\(?<back>[!a-z?+]\w*)|\.(?<dot>[a-z]+)|(?<word>system|source|tee|pager|edit)\s)(?<rest>[^\n]*)/gu,
    );
  if ([...metas].some((meta) => !readsMeta(meta.groups ?? {}))) {
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'sql-shell-command',
      reason: 'it starts a command or a file of the database shell',
    });
  }
  const classes = statementsOf(bare).map(classOf);
  // Also as a text, behind `where name =`.
  if (acting.test(withNames(text)) || /primary_conninfo/iu.test(text)) classes.push('opaque');
  const worst: ShellClass =
    (['destructive', 'opaque', 'write'].find((one): one is ShellClass =>
      classes.includes(one as ShellClass),
    ) as ShellClass) ?? 'read';
  const reason =
    {
      destructive: 'a statement destroys data',
      opaque: 'a statement reaches beyond the database',
      write: 'a statement changes data',
    }[worst as 'write'] ?? '';
  tell(context, { name, class: worst, rule: `sql-${worst}`, reason });
}

/** A backslash before a word that is not known to read; between backquotes stands a command, if it is not a name. */
function startsBackCommand(text: string, bare: string): boolean {
  const plain = bare.replaceAll(otherDatabase, '\n');
  const words = [...plain.matchAll(/\\([a-zA-Z_!]+)/gu)].map(([, word = '']) => word);
  // Of one letter, MySQL's capital ones do something else: \T writes a file.
  const reads = (word: string): boolean => /^(?:G|g)$/u.test(word) || (backReads.test(word) && word !== 'T');
  return words.some((word) => !reads(word)) || (words.length > 0 && text.includes('`'));
}

/** Lists and settings of the output: `\dt`, `\x`, `.tables`. */
function readsMeta({ back, dot, rest = '' }: Readonly<Record<string, string | undefined>>): boolean {
  if (/[|`]/u.test(rest)) return false;
  if (back) return backReads.test(back) || (/^c(?:onnect)?$/u.test(back) && /^\s*[\w-]*\s*$/u.test(rest));
  return (
    dot !== undefined &&
    /^(?:tables|schema|databases|headers|mode|indexes|indices|width|quit|exit|help|show|stats|timer|nullvalue|separator|fullschema|dbinfo)$/u.test(
      dot,
    )
  );
}

const texts =
  /'(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|`[^`]*`|\$(\w*)\$[^]*?(?:\$\1\$|$)|\/\*[^]*?(?:\*\/|$)|--[^\n]*|#[^\n]*/gu;
/** What nothing ends goes to the end: to look for one behind each of many would cost the square of their number. */
const comments = /\/\*[^]*?(?:\*\/|$)/gu;
const isEnded = /^(?:\/\*[^]*\*\/|\$(\w*)\$[^]*\$\1\$)$/u;

/** MySQL and MariaDB run what stands in it, MariaDB of `/*M!` too. */
const executed = /^\/\*[Mm]?!\d*/u;

/**
 * With texts emptied and comments gone. Databases differ in what ends a text: where they would, it is not read.
 * MySQL knows `#` but no `--x`; PostgreSQL takes a backslash for a letter and nests comments.
 */
function withoutTexts(text: string): string | undefined {
  let ambiguous = false;
  const bare = text.replaceAll(texts, (found: string) => {
    if (found.startsWith('/*')) {
      ambiguous ||= found.slice(2).includes('/*') || !isEnded.test(found);
      return executed.test(found) ? ` ${found.slice(0, -2).replace(executed, '')} ` : ' ';
    }
    if (found.startsWith('--') || found.startsWith('#')) {
      ambiguous ||= !/^--(?:\s|$)/u.test(found) && /[;'"]/u.test(text);
      return ' ';
    }
    ambiguous ||= /\\['"]/u.test(found) || (found.startsWith('$') && (found.includes(';') || !isEnded.test(found)));
    return found.startsWith("'") ? "''" : 'x';
  });
  // A quote that nothing ends.
  return ambiguous || /['"`]/u.test(bare.replaceAll("''", '')) ? undefined : bare;
}

/** Without comments, and with the names that stand in quotes, which are texts in some databases: "pg_shadow", `mysql` . `user`. */
function withNames(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/'(?:[^'\\]|'')*'/gu, ' ')
    .replaceAll(comments, (found) => (executed.test(found) ? found.slice(0, -2).replace(executed, ' ') : ' '))
    .replaceAll(/["`]/gu, '')
    .replaceAll(/(?<!\s)\s*\.\s*/gu, '.');
}

/** In small letters, without the commands of the shell itself. */
function statementsOf(bare: string): string[] {
  return bare
    .replaceAll(/(?<=^|\n)[^\S\n]*[\\.][a-z!?][^\n]*/giu, ' ')
    .toLowerCase()
    .split(/;|\\g\b/u)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** @param explain a statement's beginning with its options */
function runsStatement(explain: string): boolean {
  const listed = Array.from(explain.matchAll(/\(([^)]*)\)/gu), ([, inside = '']) => inside.match(/[^\s,]+/gu) ?? []);
  return /\banaly[sz]e\b/u.test(explain) || !listed.flat().every((word) => planned.test(word));
}

function classOf(statement: string): ShellClass {
  const plain = statement.replace(
    /^explain\b\s*(?:\([^)]*\)\s*|\b(?:analy[sz]e|verbose|format\s*=\s*\w+)\s+)*/u,
    (found) => (runsStatement(found) ? '' : 'explain '),
  );
  if (destroying.test(plain)) return 'destructive';
  if (/^(?:update|alter)\b/u.test(plain)) {
    const whole = /^update\b/u.test(plain) && !/\bwhere\b/u.test(plain);
    return whole || /\bdrop\b/u.test(plain) ? 'destructive' : 'write';
  }
  if (/^show\s+all\b/u.test(plain) || (plain.includes('pg_settings') && !/\bwhere\b/u.test(plain))) return 'opaque';
  if (acting.test(plain) || /^use\s+mysql\b/u.test(plain)) return 'opaque';
  if (plain.startsWith('explain ')) return 'read';
  if (!reading.test(plain)) return readingPragma.test(plain) ? 'read' : 'write';
  if (/\b(?:delete|drop|truncate)\b/u.test(plain)) return 'destructive';
  const words = plain.replaceAll(/"[^"]*"|`[^`]*`/gu, 'x');
  // `for update` and its kind hold rows until the transaction ends.
  if (/\bfor\s+(?:no\s+key\s+update|update|key\s+share|share)\b|\block\s+in\s+share\s+mode\b/u.test(words))
    return 'write';
  if (/^show\s+create\s+(?:table|view|database|schema|index|procedure|function|trigger|event)\s/u.test(words))
    return 'read';
  if (writing.test(words.replaceAll(/\breplace\s*\(/gu, ' '))) return 'write';
  const called = [...words.matchAll(/(?<![\w.])([a-z_][\w.]*)\s*\(/gu)].map(([, one]) => one ?? '');
  return called.every((one) => safeFunctions.has(one)) ? 'read' : 'opaque';
}
