/** Variables that are called like secrets. A name proves nothing of a value: one that is called otherwise may hold a secret, too. */

/** Also behind other letters: `PGPASSWORD`, `SSHPASS`. */
const endsAsSecret = /(?:TOKENS?|SECRETS?|PASS(?:WORDS?|WD|PHRASE|CODE)?|PWD|CREDENTIALS?|CREDS?|API_?KEY)(?:_|$)/iu;
const secretPart = /(?:^|_)(?:[A-Z0-9]+_KEY|AUTH|COOKIE|DSN|JWT|WEBHOOK|KUBECONFIG_DATA)(?:_|$)|_PAT(?:_|$)/iu;
/** An address of these has a login in it. */
const addressWithLogin =
  /(?:^|_)(?:DATABASE|DB|MONGO(?:DB)?|REDIS|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MSSQL|CLICKHOUSE|ELASTIC(?:SEARCH)?|AMQP|RABBIT(?:MQ)?|BROKER|JDBC|CONNECTION|SQLALCHEMY\w*)_?(?:UR[IL]|STRING)(?:_|$)/iu;
/** The working directory, where to find an agent of keys, and words that only end as one. */
const harmlessName = /^(?:OLD)?PWD$|^SSH_AUTH_SOCK$|PUBLIC_KEY|(?:^|_)(?:BY|COM|ENCOM|TRES|SUR)PASS$/iu;

/** `AWS_SECRET_ACCESS_KEY`, `DB_PASSWORD`, `GITHUB_TOKEN`. */
export function namesASecret(variable: string): boolean {
  return (
    [endsAsSecret, secretPart, addressWithLogin].some((pattern) => pattern.test(variable)) &&
    !harmlessName.test(variable)
  );
}
