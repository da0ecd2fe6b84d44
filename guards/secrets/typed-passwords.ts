/**
 * Passwords that people type where no name says what they are: behind a short option of a command that takes one, in SQL that
 * makes a user, in a file of them, and in a cookie that stands for a session. A short option means this only behind its command (`mkdir -p x`).
 */
import type { TokenRule } from './token-table.ts';

/** As a shell reads it, in quotes or not. What begins the next word of a list, or begins like a variable, a form to fill in or another option is none. */
const value = '\\\\{0,3}["\']?(?!,\\s{0,3}[\\\\"\'])(?<secret>[^\\s"\'`;|&<>$({[\\\\-][^\\s"\'`;|&<>\\\\]{2,200})';
/** Up to the option, within one command; also in the list of words that a program or an image starts: `["mysql", "-p…"]`. */
const gap = '(?:\\s[^\\n|;&]{0,200}?\\s|\\\\{0,3}["\'],(?:[^\\n|;&]{0,200}?,)?\\s{0,3}\\\\{0,3}["\']|\\s)';
/** Between an option and its value, where that is a word of its own. */
const then = '(?:\\s{1,3}|\\\\{0,3}["\'],\\s{0,3}(?=\\\\{0,3}["\']))';
const perhapsThen = `${then}?`;

const command = (names: string, anchors: string, option: string): TokenRule => ({
  rule: 'command-password',
  anchors: anchors.split(','),
  pattern: new RegExp(`(?<![\\w.-]|-[a-z]{1,20}\\s{1,3})${names}${gap}${option}${value}`, 'dy'),
  typed: true,
});

export const typedPasswords: readonly TokenRule[] = [
  // With a blank behind it, `-p` asks for the password, and what follows is a database.
  command('(?:mysql|mariadb)(?:-?(?:dump|admin|import|show|check|pump|slap|binlog))?', 'mysql,mariadb', '-p'),
  command('sshpass', 'sshpass', `-p${perhapsThen}`),
  command('redis-cli', 'redis-cli', `-a${then}`),
  command('mongo(?:sh|dump|restore|export|import)?', 'mongo', `-p${then}`),
  command('(?:docker|podman|nerdctl|buildah|skopeo)\\s{1,3}login', 'docker,podman,nerdctl,buildah,skopeo', `-p${then}`),
  command('az\\s{1,3}login', 'az login', `-p${then}`),
  command('ldap(?:search|modify|add|delete|whoami|passwd|compare)', 'ldap', `-w${perhapsThen}`),
  command('(?:sqlcmd|bcp)', 'sqlcmd,bcp ', `-P${perhapsThen}`),
  {
    rule: 'sql-password',
    anchors: ['IDENTIFIED', 'identified'],
    // In small letters they are words of a sentence, too.
    pattern:
      /(?:IDENTIFIED|(?<=\b(?:create|alter)\s{1,3}user\b[^\n;]{0,200}|\bgrant\b[^\n;]{0,200})identified)\s{1,5}(?:(?:WITH|with)\s{1,5}["'`]?\w{1,40}["'`]?\s{1,5})?(?:BY|by|AS|as)\s{1,5}(?:(?:PASSWORD|password|VALUES|values)\s{1,3})?\\{0,3}["'](?<secret>[^"'\n\\]{3,200})/dy,
    typed: true,
  },
  {
    // Oracle takes it without quotes. `RANDOM PASSWORD` and `VALUES '…'` are none.
    rule: 'sql-password',
    anchors: ['IDENTIFIED', 'identified'],
    pattern:
      /(?:(?<=\b(?:create|alter|CREATE|ALTER)\s{1,3}(?:user|USER)\b[^\n;]{0,200}|\b(?:grant|GRANT)\b[^\n;]{0,200})(?:IDENTIFIED|identified)|IDENTIFIED(?=\s{1,5}BY\s{1,5}\S{1,200}\s{0,3}(?:;|\n|$)))\s{1,5}(?:BY|by)\s{1,5}(?!(?:RANDOM|random|VALUES|values|PASSWORD|password)\s)(?<secret>[A-Za-z0-9][^\s"'`;,()<>{}$\\]{2,200})/dy,
    typed: true,
  },
  {
    // A line of `.pgpass`: host, port, database, user, password.
    rule: 'command-password',
    anchors: [':5432:', ':6432:', ':5433:', ':*:'],
    pattern:
      /(?<=(?:^|\n)[^\s:#/@"']{1,100}):(?:5432|6432|5433|\*):[^\s:"'/]{1,63}:[^\s:"'/]{1,63}:(?<secret>[^\s"']{3,200})(?=\r?\n|$)/dy,
    typed: true,
  },
  {
    rule: 'session-cookie',
    anchors: ['ookie', 'OOKIE'],
    pattern:
      /(?:ookie|OOKIE)\\{0,3}["']?\s{0,3}:\s{0,3}\\{0,3}["']?(?:[^;\n"'\\]{0,200};){0,12}?\s?[^=;\s"']{0,40}(?:[Ss]ess|SESS|[Ss]id\b|SID\b|[Tt]oken|TOKEN|[Aa]uth|AUTH|jwt|JWT|[Rr]emember)[^=;\s"']{0,40}=(?<secret>[^;\s"'\\]{16,4000})/dy,
    further:
      /(?:;[^=;\n"'\\]{0,200}(?:=[^;\n"'\\]{0,4000})?){0,12}?;\s?[^=;\s"']{0,40}(?:[Ss]ess|SESS|[Ss]id\b|SID\b|[Tt]oken|TOKEN|[Aa]uth|AUTH|jwt|JWT|[Rr]emember)[^=;\s"']{0,40}=(?<secret>[^;\s"'\\]{16,4000})/dy,
    random: true,
  },
];
