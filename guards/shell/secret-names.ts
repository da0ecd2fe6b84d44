/** Variables that are called like secrets. A name proves nothing of a value: one that is called otherwise may hold a secret, too. */

const secretName =
  /(?:^|_)(?:TOKENS?|SECRETS?|PASS(?:WORD|WD|PHRASE|CODE)?|PWD|CREDENTIALS?|API_?KEY|[A-Z0-9]+_KEY|AUTH|COOKIE|DSN)(?:_|$)/iu;
/** The working directory, and where to find an agent of keys. */
const harmlessName = /^(?:OLD)?PWD$|^SSH_AUTH_SOCK$|PUBLIC_KEY/iu;

/** `AWS_SECRET_ACCESS_KEY`, `DB_PASSWORD`, `GITHUB_TOKEN`. */
export function namesASecret(variable: string): boolean {
  return secretName.test(variable) && !harmlessName.test(variable);
}
