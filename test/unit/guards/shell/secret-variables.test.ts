/** Variables that are called like secrets: whoever prints one is asked, by whichever way its value goes; ordinary names are not. */
import { describe, expect, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';

const verdictOf = (script: string): string => classifyShell(script).verdict;

describe('called like a secret', () => {
  test.each(
    'DB_PW PW ROOT_PW_1 BEARER API_BEARER OTP TOTP MFA_CODE STRIPE_SK DB_CONN SA_JSON GCP_SERVICE_ACCOUNT_JSON PRIVKEY SECRETKEY PSK CONNSTR AUTHORIZATION db_pw'.split(
      ' ',
    ),
  )('%s', (name) => {
    expect(verdictOf(`echo $${name}`)).toBe('ask');
    expect(verdictOf(`printenv ${name}`)).toBe('ask');
  });

  test.each(
    'PWD OLDPWD SKIP DISK TASK ask_conn MAX_CONN NUM_CONN CONN_COUNT TASK_SKU OPTIONS OTPIONAL SPW JSON HTTP_PROXY SEED KEYS'.split(
      ' ',
    ),
  )('%s is not', (name) => {
    expect(verdictOf(`echo $${name}`)).toBe('allow');
  });
});

describe('handed on as a word', () => {
  test.each([
    `sh -c 'echo "$1"' _ "$GITHUB_TOKEN"`,
    "bash -c 'echo $0' $TOKEN",
    `bash -c 'echo "$@"' _ "$AWS_SECRET_ACCESS_KEY"`,
    `find . -exec sh -c 'echo "$1"' _ "$TOKEN" \\;`,
    `ls | xargs sh -c 'echo "$1"' _ "$TOKEN"`,
    `env sh -c 'echo "$1"' _ "$TOKEN"`,
    `timeout 5 bash -c 'echo "$1"' _ "$TOKEN"`,
    `echo 'echo $1' | bash -s -- "$TOKEN"`,
    'kill -l "$TOKEN"',
    ': "${x?$TOKEN}"',
    'echo "${x:?$TOKEN}"',
  ])('%s', (script) => expect(verdictOf(script)).toBe('ask'));

  test.each([`sh -c 'echo "$1"' _ "$NAME"`, 'echo "${NAME?is not set}"', 'kill -l 9'])('not %s', (script) => {
    expect(verdictOf(script)).toBe('allow');
  });
});

describe('shown by a trace of commands', () => {
  test.each([
    'set -x; [ -n "$TOKEN" ]',
    'set -eux; test -n "$TOKEN"',
    '[ -n "$TOKEN" ]; set -o xtrace',
    'builtin set -x; [ -n "$TOKEN" ]',
    'shopt -so xtrace; [ -n "$TOKEN" ]',
    'set -x; [[ -n $TOKEN ]]',
    `trap 'set -x' DEBUG; [ -n "$TOKEN" ]`,
    `trap 'set -o xtrace' USR1; [ -n "$TOKEN" ]`,
    'set -x; [[ $TOKEN == "" ]]',
    `bash -xc '[ -n "$TOKEN" ]'`,
    `bash -o xtrace -c '[ -n "$TOKEN" ]'`,
    `echo '[ -n "$TOKEN" ]' | bash -x`,
    `set -x; mysql -p"$DB_PASSWORD" -e 'show tables'`,
    "set -x; PGPASSWORD=$DB_PASSWORD psql -h db01 -c 'select 1'",
    'f() { set -x; }; f; [ -n "$TOKEN" ]',
  ])('%s', (script) => expect(verdictOf(script)).toBe('ask'));

  test.each([
    'set -x; ls "$HOME"',
    `trap 'echo done' EXIT; [ -n "$TOKEN" ]`,
    'set -eu; [ -n "$TOKEN" ]',
    'set +x; [ -n "$TOKEN" ]',
    'set -- -a x; [ -n "$TOKEN" ]',
    'set -x; echo ${#TOKEN}',
    `bash -ec '[ -n "$TOKEN" ]'`,
  ])('not %s', (script) => expect(verdictOf(script)).toBe('allow'));
});
