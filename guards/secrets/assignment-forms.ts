/**
 * How names of secrets and values stand beside each other, in files of settings, in programs and in what people say. Each expression is
 * tried where a name begins, and has bounded parts.
 */

/** Read from where the last word of a name begins; what must stand before it is looked for behind. */
const names =
  'passw(?:or)?d|passwd|passphrase|passcode|(?<=[_-])pass(?![A-Za-z])|(?<=[a-z])Pass(?![A-Za-z])|(?<=[a-z_.-])PASS(?![A-Za-z])|pwd|' +
  'secret(?:[_-]?access)?[_-]?key(?:[_-]?base)?|(?<!\\barn:[\\w:-]{1,80})secret|' +
  '(?<=(?:api|app|access|account|auth|priv|private|encryption|encrypt|signing|sign|master|session|service|subscription|license|storage|shared|deploy|integration|admin|server|client|consumer|fernet|jwt|hmac|cipher|aes)[_-]?)key|' +
  '(?<=[_-])pw(?![A-Za-z])|(?<=require|store|key)pass(?![A-Za-z])|(?<=-pass(?:in|out)?\\s{1,3})pass(?=:)|(?<=master)auth(?![A-Za-z])|' +
  // By itself it is also what a test did (`PASS=12`), and the number of a run: letters and more.
  '(?<![A-Za-z0-9_.-])pass(?==["\'\\\\]{0,3}(?=[^\\s"\',;&]{0,60}\\d)[^\\s"\',;&]{0,60}[A-Za-z])|' +
  'token|credentials?|connection[_-]?string|(?<=[_/:])_?auth(?=\\s{0,2}=)';
const suffix = '(?:[_-]?(?:\\d|string|value)(?![A-Za-z]))?';
/** Between name and sign, in languages that write it: `var token string = …`, `token: &str = …`. */
const typeName = "(?:\\s{1,3}\\*?string|\\s{0,2}:\\s{0,2}(?:&(?:'static )?)?(?:string|str))?";
/** `=` and its kin in makefiles and programs; a value on the next line only in quotes, or behind a colon. */
const sign = '(?:(?:=>|[?.+|:]{0,2}={1,2})(?:[^\\S\\n]{0,4}|\\s{0,12}(?=["\'`]))|:\\s{0,4})';
/** Groups: separator, quote, quoted value, bare value. */
export const assignment = new RegExp(
  `(?:${names})${suffix}[\\\\"'\`\\]]{0,4}${typeName}(\\s{0,4}${sign})` +
    '(?:\\\\{0,3}(["\'`])((?:(?!\\\\{0,3}\\2)[^\\n]){1,300})\\\\{0,3}\\2|([^\\s"\'`,;&<>(){}[\\]|\\\\]{3,500}))',
  'idy',
);
/** Where one of the names stands, and what comes behind it decides which of the others is tried. */
export const name = new RegExp(`(?:${names})${suffix}(?=([^A-Za-z0-9_-]))`, 'iy');
/** Group 1 is the value: elements. */
export const element = new RegExp(
  `(?<=<[\\w:.-]{0,40})(?:${names})${suffix}>\\s{0,20}([^<>\\s]{3,300})\\s{0,20}<`,
  'idy',
);
/** Group 1 is the value: `name: X, value: Y`. */
export const pair = new RegExp(
  `(?<=(?:name|key)["']?\\s{0,3}[:=]\\s{0,3}["']?[\\w.-]{0,40})(?:${names})${suffix}["']?[,\\s]{1,40}["']?value["']?\\s{0,3}[:=]\\s{0,3}["']?([^\\s"'<>]{3,300})`,
  'idy',
);
/** Group 1 is the value: `setProperty("api.token", "…")`. The value must look like none of the other words of a list. */
export const inCall = new RegExp(`(?:${names})${suffix}(["'])\\s{0,2},\\s{0,3}\\1([^"'\\n]{8,300})\\1`, 'idy');
/** Group 2 is the value: lines of YAML behind `|` and `>`, as long as they have no blanks. */
export const block = new RegExp(
  `(?:${names})${suffix}["']?:[ \\t]{1,4}[|>][+-]?\\d?[+-]?[ \\t]{0,4}\\r?\\n(?<deep>[ \\t]{1,40})([^\\s"'][^\\s]{2,500}(?:\\r?\\n\\k<deep>[^\\s:]{1,500}(?=\\r?\\n|$)){0,50})(?=\\r?\\n|$)`,
  'idy',
);
/** Group 1 is the value: `aws configure set aws_secret_access_key …`, `setenv TOKEN …`, `ENV TOKEN …`, and what Redis is set to. */
export const setting = new RegExp(
  `(?<=\\b(?:config(?:ure)?\\s{1,3}(?:set\\s{1,3})?|setx\\s{1,3}|setenv\\s{1,3}|set\\s{1,3}|env\\s{1,3})(?:--?[\\w-]{1,20}(?:[ =][\\w.-]{1,40})?\\s{1,3}){0,3}[\\w.:/-]{0,80}|\\brequire(?=pass)|\\bmaster(?=auth))(?!credential)(?:${names})${suffix}\\s{1,3}["']?([^\\s"'\\-$<{[=:][^\\s"']{5,500})`,
  'idy',
);
/** Group 1 is the value: netrc, SQL, command options. */
export const afterSpace: readonly RegExp[] = [
  /(?<=\b(?:login|user)\s{1,3}\S{1,80}\s{1,8})(?:password|passwd)\s{1,3}(\S{3,200})/dy,
  /(?:password|passwd)\s{1,3}'([^'\n]{3,200})'/diy,
  /(?<=\bset\s{1,3})password\s{1,3}for\s{1,3}\S{1,120}\s{1,3}(?:=|to)\s{0,3}(?:(?:old_)?password\s?\(\s?)?'([^'\n]{3,200})'/diy,
  new RegExp(
    `(?<=(?<![A-Za-z0-9-])--?(?:[a-z0-9]{1,20}-){0,3}(?:(?:src|dest|new)?(?:store|key))?)(?:${names})\\s{1,3}["']?([^\\s"'\\-$<{[][^\\s"']{2,500})`,
    'idy',
  ),
];
/** `the password is …`: prose, so the value must look like no word. */
export const said = new RegExp(
  `(?:${names})${suffix}["'\`]?\\s{1,3}(?:is|was)\\s{0,3}:?\\s{1,3}["'\`]?([^\\s"'\`,;]{6,200})`,
  'idy',
);
export const userOption = /(?<![A-Za-z0-9-])(?:-u|--user|--proxy-user)\s{1,3}["']?[\w.@-]{0,100}:([^\s"'$:/]{3,200})/dy;

/** A password in one is another rule's. */
export const address = /^(?:jdbc:)?[a-z][a-z0-9+.-]{1,20}:\/\//i;
export const nameAlone = new RegExp(`^[A-Za-z0-9_.-]{0,40}?(?:${names})[:=]{1,2}$`, 'i');
