/** Variables that are called like secrets. A name proves nothing of a value: one that is called otherwise may hold a secret, too. */

/** Also behind other letters: `PGPASSWORD`, `SSHPASS`. */
const endsAsSecret = /(?:TOKENS?|SECRETS?|PASS(?:WORDS?|WD|PHRASE|CODE)?|PWD|CREDENTIALS?|CREDS?|API_?KEY)(?:_|$)/iu;
const secretPart = /(?:^|_)(?:[A-Z0-9]+_KEY|AUTH|COOKIE|DSN|JWT|WEBHOOK|KUBECONFIG_DATA)(?:_|$)|_PAT(?:_|$)/iu;
/** Short words, as whole ones: what is handed over with a request, keys that are written in one word, files of accounts. */
const secretWord =
  /(?:^|_)(?:PW|BEARER|AUTHORIZATION|[HT]?OTP|MFA_CODE|PSK|SAS|MNEMONIC|SEED_PHRASE|(?:SECRET|PRIV(?:ATE)?|MASTER|SIGNING|ENCRYPTION|ACCESS|PASS|SSH)KEY|(?:SA|SERVICE_?ACCOUNT)_(?:JSON|B64|BASE64)|CONN_?STR)(?:_|$)/iu;
/** In capitals, as in an environment: in small letters they are counters and counts of a script's own. */
const secretEnd = /_SK$|(?<!MAX|MIN|NUM|OPEN|IDLE|TOTAL|ACTIVE|KEEP|PER)_CONN$/u;
/** An address of these has a login in it. */
const addressWithLogin =
  /(?:^|_)(?:DATABASE|DB|MONGO(?:DB)?|REDIS|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MSSQL|CLICKHOUSE|ELASTIC(?:SEARCH)?|AMQP|RABBIT(?:MQ)?|BROKER|JDBC|CONNECTION|SQLALCHEMY_DATABASE)_?(?:UR[IL]|STRING)(?:_|$)/iu;
/** The working directory, where to find an agent of keys, and words that only end as one. */
const harmlessName = /^(?:OLD)?PWD$|^SSH_AUTH_SOCK$|PUBLIC_KEY|(?:^|_)(?:BY|COM|ENCOM|TRES|SUR)PASS$/iu;

/** `AWS_SECRET_ACCESS_KEY`, `DB_PASSWORD`, `GITHUB_TOKEN`. */
export function namesASecret(variable: string): boolean {
  return (
    [endsAsSecret, secretPart, secretWord, secretEnd, addressWithLogin].some((pattern) => pattern.test(variable)) &&
    !harmlessName.test(variable)
  );
}
