/** Variables that a command is given: those that say where its parts, its settings or its other side are ask, others do not. */
import { expect, test } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';

const verdictOf = (script: string): string => classifyShell(script).verdict;

test.each([
  ['XTABLES_LIBDIR', 'iptables -L'],
  ['IPTABLES_LIB_DIR', 'iptables -L'],
  ['IP_LIB_DIR', 'ip link show type x'],
  ['TC_LIB_DIR', 'tc qdisc show'],
  ['LVM_SYSTEM_DIR', 'lvs'],
  ['ZPOOL_SCRIPTS_PATH', 'zpool status'],
  ['SASL_PATH', "mongosh --eval 'show dbs'"],
  ['KUBERNETES_MASTER', 'kubectl get pods'],
  ['CEPH_ARGS', 'ceph -s'],
  ['CEPH_KEYRING', 'ceph -s'],
  ['AWS_DATA_PATH', 'aws s3 ls'],
  ['GH_CONFIG_DIR', 'gh pr list'],
  ['CONTAINER_CONNECTION', 'podman ps'],
  ['KUBERC', 'kubectl get pods'],
  ['REDISCLI_RCFILE', 'redis-cli get k'],
  ['MYSQL_TEST_LOGIN_FILE', "mysql -e 'show tables'"],
  ['GIO_MODULE_DIR', 'ls'],
])('%s', (name, command) => {
  expect(verdictOf(command)).toBe('allow');
  expect(verdictOf(`${name}=/tmp/x ${command}`)).toBe('ask');
  expect(verdictOf(`export ${name}=/tmp/x; ${command}`)).toBe('ask');
});

test.each(
  'LC_ALL TZ NO_COLOR COLUMNS AWS_PROFILE AWS_REGION NAMESPACE LOG_LEVEL DATA_DIR LOG_DIR BUILD_DIR OUTPUT_FILE DATA_FILE MASTERS'.split(
    ' ',
  ),
)('%s says nothing of the kind', (name) => {
  expect(verdictOf(`${name}=x ls`)).toBe('allow');
  expect(verdictOf(`export ${name}=x; ls`)).toBe('allow');
});
