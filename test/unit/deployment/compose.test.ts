/**
 * docker-compose.yml without Docker: against the Compose Specification's schema, and against what this project promises of it:
 * pinned images, health checks, no root, no secret in a variable, each process its own keys, and only settings that exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { domains } from '../../../core/contracts/envelope.ts';
import { keyVariable } from '../../../keys/index.ts';
import { storeRoles } from '../../../store/postgres/role-grants.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { fileVariable, readConfig, secretNames, variableByName } from '../../../worker/config.ts';

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
const defaults = { ...environmentOf(read('.env.example')) };
const text = read('docker-compose.yml');
const raw: unknown = parse(text, { merge: true });

const secretSchema = z.union([z.string(), z.object({ source: z.string(), target: z.string() })]);
const serviceSchema = z.object({
  image: z.string(),
  user: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(secretSchema).default([]),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  security_opt: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  restart: z.string(),
  profiles: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const { services, volumes, secrets, networks } = z
  .looseObject({
    services: z.record(z.string(), serviceSchema),
    volumes: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
    networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  })
  .parse(raw);
const all = Object.entries(services);
const longLived = all.filter(([, { restart }]) => restart !== 'no');
const ours = all.filter(([, { image }]) => image.startsWith('countersign:'));
const workers = ours.filter(([, { command }]) => command[0] === 'worker');

test('it is of the form that the Compose Specification describes', () => {
  const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(read('test/data/compose-spec.json')));
  const { $schema: _, ...rules } = schema;
  const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(rules);
  expect(validate(raw), JSON.stringify(validate.errors, null, 1)).toBe(true);
  expect(validate({ services: { one: { image: 'x', no_such_setting: 1 } } })).toBe(false);
});

describe.each(all)('%s', (_name, service) => {
  test('runs a pinned image, not as root, without capabilities or new privileges', () => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+(?:\.\d+)?(?:-[a-z]+)?$/u);
    expect(service.user).toBe('1000:1000');
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
  });

  test('has no secret in a variable, in its command or from .env', () => {
    const names = Object.keys(service.environment);
    const ofValues = names.filter((name) => !/_FILE$|_PATH$|^COUNTERSIGN_STORE_ROLE_PASSWORDS$/u.test(name));
    expect(ofValues.filter((name) => /PASSWORD|SECRET|TOKEN|API_KEY|_PWD/u.test(name))).toEqual([]);
    for (const value of Object.values(service.environment)) expect(value).not.toMatch(/:\/\/[^/@]*:[^/@]*@/u);
    expect(JSON.stringify(service)).not.toMatch(/\$\{[A-Z_]*(?:PASSWORD|SECRET|KEY|TOKEN)[A-Z_]*\b/u);
  });

  test('uses only secrets, volumes, networks and files that are there', () => {
    for (const secret of service.secrets) expect(secrets).toHaveProperty([sourceOf(secret)]);
    for (const network of service.networks) expect(networks).toHaveProperty([network]);
    const sources = service.volumes.map((volume) => filled(volume).split(':')[0] ?? '');
    const missing = sources.filter((source) => !(source.startsWith('.') ? isThere(source) : source in volumes));
    expect(missing).toEqual([]);
  });

  test('is reached from this machine only', () => {
    for (const port of service.ports) expect(filled(port)).toMatch(/^127\.0\.0\.1:\d+:\d+$/u);
  });
});

test.each(longLived)('%s, which stays, has a health check', (_name, { healthcheck }) => {
  expect(healthcheck?.disable).toBeUndefined();
  expect(healthcheck?.test?.[0]).toBe('CMD');
});

test('what runs once says so, and those that need it wait for its end', () => {
  for (const [name] of all.filter(([, { restart, profiles }]) => restart === 'no' && profiles.length === 0)) {
    const waiting = all.filter(([, { depends_on: needs }]) => needs[name] !== undefined);
    expect(waiting.length, name).toBeGreaterThan(0);
    for (const [, { depends_on: needs }] of waiting)
      expect(needs[name]?.condition).toBe('service_completed_successfully');
  }
});

describe.each(ours)('%s', (_name, service) => {
  test('is given only settings that the program knows, with values that it takes', () => {
    const known = new Set([
      ...Object.values(variableByName),
      ...secretNames.map(fileVariable),
      ...domains.map(keyVariable),
    ]);
    for (const name of Object.keys(service.environment)) expect(known).toContain(name);
    const secretFiles = new Set(secretNames.map(fileVariable));
    const given = Object.entries(service.environment).filter(([name]) => !secretFiles.has(name));
    const config = readConfig(Object.fromEntries(given.map(([name, value]) => [name, filled(value)])));
    expect(config.splitQueues).toBe(true);
    expect(config.storeLocation.kind).toBe('postgres');
  });

  test('finds each file that a setting names: a secret of its own, or a key in a volume of its own', () => {
    for (const [name, path] of Object.entries(service.environment)) {
      if (!name.endsWith('_FILE')) continue;
      const mounted = service.secrets.map((secret) =>
        typeof secret === 'string' ? `/run/secrets/${secret}` : secret.target,
      );
      const folders = service.volumes.map((volume) => filled(volume).split(':')[1] ?? '');
      expect(mounted.includes(path) || folders.some((folder) => path.startsWith(`${folder}/`)), path).toBe(true);
    }
  });

  test('writes nowhere but in its state and /tmp', () => {
    expect(service.read_only).toBe(true);
  });
});

test('each role has one worker of its own, with its own role in the database', () => {
  const roles = workers.map(([, { command }]) => command[command.indexOf('--roles') + 1] ?? '');
  expect(roles.toSorted()).toEqual(['agent', 'model', 'notify', 'record', 'tools']);
  for (const [, { command, environment }] of workers) {
    const role = command[command.indexOf('--roles') + 1];
    expect(environment['COUNTERSIGN_STORE']).toContain(`//countersign_${role}@`);
    expect(environment['COUNTERSIGN_STORE_PASSWORD_FILE']).toBe(`/run/secrets/store_${role}`);
  }
});

test('no two processes but set-up hold one key, and each holds those of its domains', () => {
  const holders = new Map<string, string[]>();
  for (const [name, { environment }] of ours) {
    if (name === 'setup') continue;
    for (const domain of domains) {
      if (environment[keyVariable(domain)]) holders.set(domain, [...(holders.get(domain) ?? []), name]);
    }
  }
  expect(Object.fromEntries(holders)).toEqual({
    ticket: ['gateway'],
    vote: ['gateway'],
    control: ['gateway'],
    decision: ['worker-agent'],
    receipt: ['worker-tools'],
  });
  const mounts = ours.filter(([name]) => name !== 'setup').flatMap(([, service]) => service.volumes);
  expect(mounts.filter((mount) => mount.startsWith('keys-') && !mount.endsWith(':ro'))).toEqual([]);
});

test('the two workers that redact share the key of marks, and nobody else has it', () => {
  const given = ours.filter(([, { environment }]) => environment[variableByName.markKeyFile] !== undefined);
  expect(given.map(([name]) => name)).toEqual(['worker-model', 'worker-tools']);
  const holders = ours.filter(([, service]) => service.secrets.some((secret) => sourceOf(secret) === 'mark_key'));
  expect(holders).toEqual(given);
  expect(read('deploy/make-secrets.sh')).toMatch(/od -An -N 32 -tx1 [^\n]*>secrets\/mark_key$/mu);
});

test('what redaction takes out is kept only with the file beside, by who redacts and who shows it', () => {
  expect(text).not.toContain(variableByName.redactionKeyFile);
  const beside = z
    .object({
      services: z.record(z.string(), serviceSchema.pick({ environment: true, secrets: true }).strict()),
      secrets: z.record(z.string(), z.object({ file: z.string() })),
    })
    .parse(parse(read('deploy/keep-redactions.yaml')));
  expect(Object.keys(beside.services)).toEqual(['gateway', 'worker-model', 'worker-tools']);
  const given = {
    environment: { [variableByName.redactionKeyFile]: '/run/secrets/redaction_key' },
    secrets: ['redaction_key'],
  };
  for (const service of Object.values(beside.services)) expect(service).toEqual(given);
  expect(Object.keys(beside.secrets)).toEqual(['redaction_key']);
});

test('set-up makes every database role that a process logs in as', () => {
  const folder = services['setup']?.environment['COUNTERSIGN_STORE_ROLE_PASSWORDS'] ?? '';
  const targets = (services['setup']?.secrets ?? []).flatMap((secret) =>
    typeof secret === 'string' ? [] : [secret.target],
  );
  expect(targets.toSorted()).toEqual(storeRoles.map((role) => `${folder}/${role}`).toSorted());
});

test('only the tools worker may make namespaces, and under a profile of its own', () => {
  const loosened = all.filter(([, { security_opt: options }]) => options.length > 1).map(([name]) => name);
  expect(loosened).toEqual(['worker-tools']);
  const profile = z
    .object({ syscalls: z.array(z.object({ names: z.array(z.string()), action: z.string() })) })
    .parse(JSON.parse(read('deploy/seccomp-tools.json')));
  const refused = profile.syscalls.flatMap(({ names, action }) => (action === 'SCMP_ACT_ERRNO' ? names : []));
  for (const needed of ['mount', 'umount2', 'pivot_root', 'sethostname', 'unshare', 'clone']) {
    expect(refused).not.toContain(needed);
  }
  expect(refused).toEqual(expect.arrayContaining(['ptrace', 'bpf', 'keyctl', 'init_module', 'kexec_load', 'setns']));
});

test('a stop is given more time than the drain takes', () => {
  const { drainMs } = readConfig({});
  for (const [, { stop_grace_period: period }] of [...workers, ...ours.filter(([name]) => name === 'gateway')]) {
    expect(Number.parseInt(period ?? '0', 10) * 1000).toBeGreaterThan(drainMs + 15_000);
  }
});

test('the database and the server are on a network that leads nowhere', () => {
  expect(networks['inside']?.internal).toBe(true);
  for (const name of ['postgres', 'temporal', 'setup', 'worker-agent', 'worker-record']) {
    expect(services[name]?.networks).toEqual(['inside']);
  }
});

test('.env.example names every variable of the file, with the default that it has there', () => {
  const used = [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)(?::-([^}]*))?\}/gu)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  expect(Object.fromEntries(used)).toEqual(defaults);
});

test('the server is set as the embedded engine is', () => {
  const values = z
    .record(z.string(), z.array(z.object({ value: z.unknown() })))
    .parse(parse(read('deploy/temporal-dynamic-config.yaml')));
  // On the command line a duration is JSON text.
  const embedded = read('engine/dev-server-parameters.ts').replaceAll('"', '');
  for (const [name, [first]] of Object.entries(values)) expect(embedded).toContain(`${name}=${String(first?.value)}`);
  expect(Object.keys(values)).toHaveLength(5);
});

test('the image is made of pinned stages, runs as an ordinary user, and passes signals on', () => {
  const dockerfile = read('Dockerfile');
  const from = [...dockerfile.matchAll(/^FROM (\S+)/gmu)].map(([, image]) => image);
  expect(new Set(from).size).toBe(1);
  expect(from.length).toBeGreaterThan(1);
  for (const image of from) expect(image).toMatch(/:\d+\.\d+\.\d+-[a-z-]+$/u);
  expect(dockerfile.match(/^USER (.*)$/gmu)).toEqual(['USER node']);
  expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--", /mu);
  expect(dockerfile).toContain('\nHEALTHCHECK ');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')));
  for (const [, { image }] of ours) expect(image).toBe(`countersign:${version}`);
});

test('the build sees no secret and no setting of this machine', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const name of ['secrets', '.env*', '.git', '.countersign', '**/*.db*']) expect(ignored).toContain(name);
});

function sourceOf(secret: z.infer<typeof secretSchema>): string {
  return typeof secret === 'string' ? secret : secret.source;
}

/** As compose does, with the values of .env.example. */
function filled(value: string): string {
  return value.replaceAll(
    /\$\{([A-Z_]+)(?::-([^}]*))?\}/gu,
    (_all, name: string, usual: string | undefined) => defaults[name] || (usual ?? ''),
  );
}

function isThere(path: string): boolean {
  return existsSync(join(repositoryRoot, path));
}

function environmentOf(file: string): Record<string, string> {
  const pairs = [...file.matchAll(/^([A-Z_]+)=(.*)$/gmu)].map(([, name = '', value = '']) => [name, value] as const);
  return Object.fromEntries(pairs);
}
