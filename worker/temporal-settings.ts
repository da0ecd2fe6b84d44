/**
 * How every process of this program reaches Temporal, made from the settings: plaintext, TLS, mutual TLS, API key. What
 * cannot work (a key of another certificate, an expired certificate) is said here, by variable, before anything connects.
 */
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionFaultKind } from '../client/diagnose-connection.ts';
import type { TemporalSettings } from '../client/temporal-door.ts';
import { codeOf, CountersignError } from '../core/errors.ts';
import { type Config, type ConfigName, fileVariable, variableByName } from './config.ts';
import { openSecretFile } from './secret-files.ts';

type TlsSettings = Exclude<TemporalSettings['tls'], boolean | undefined>;

/** @throws {CountersignError} `config-invalid` naming the variable of what cannot be used */
export function temporalSettings(config: Config, address: string, now: number): TemporalSettings {
  const { temporalNamespace: namespace, temporalApiKey, secretFiles } = config;
  const tls = tlsSettings(config, now);
  const keyFile = secretFiles.temporalApiKey;
  const apiKey =
    keyFile === undefined
      ? temporalApiKey && { current: () => temporalApiKey }
      : openSecretFile(fileVariable('temporalApiKey'), keyFile);
  return {
    address,
    namespace,
    ...(tls || config.temporalTls || apiKey ? { tls: tls ?? true } : {}),
    ...(apiKey ? { apiKey } : {}),
  };
}

/** What to do about each way in which a connection fails. */
export function connectionRemedy(kind: ConnectionFaultKind): string {
  const v = variableByName;
  const remedyByKind: Readonly<Record<ConnectionFaultKind, string>> = {
    unreachable: `check ${v.temporalAddress}, that the server runs, and what lies between`,
    'server-untrusted': `set ${v.temporalTlsCaFile} to the certificate of the server's authority`,
    'server-expired': "renew the server's certificate, and check the clocks",
    'server-name': `set ${v.temporalTlsServerName} to the name in its certificate, or correct ${v.temporalAddress}`,
    'client-certificate': `set ${v.temporalTlsCertFile} and ${v.temporalTlsKeyFile} to a pair that it trusts and that is in force`,
    'not-tls': `set ${v.temporalTls}=false and no certificate or API key, or correct ${v.temporalAddress}`,
    'needs-tls': `set ${v.temporalTls}=true, or certificates or an API key, which imply it`,
    silent: `check that ${v.temporalAddress} is the gRPC address of a Temporal frontend`,
  };
  return remedyByKind[kind];
}

/** When the client certificate ends, ms; undefined where there is none. */
export function clientCertificateEnd(config: Config): number | undefined {
  const path = config.temporalTlsCertFile;
  if (path === undefined) return undefined;
  return readCertificate('temporalTlsCertFile', readPem('temporalTlsCertFile', path)).validToDate.getTime();
}

function tlsSettings(config: Config, now: number): TlsSettings | undefined {
  const { temporalTlsCertFile, temporalTlsKeyFile, temporalTlsCaFile, temporalTlsServerName } = config;
  const pair = clientPair(temporalTlsCertFile, temporalTlsKeyFile, now);
  const authority = temporalTlsCaFile === undefined ? undefined : readPem('temporalTlsCaFile', temporalTlsCaFile);
  if (authority) readCertificate('temporalTlsCaFile', authority);
  if (!pair && !authority && temporalTlsServerName === undefined) return undefined;
  return {
    ...(pair ? { clientCertPair: pair } : {}),
    ...(authority ? { serverRootCACertificate: authority } : {}),
    ...(temporalTlsServerName === undefined ? {} : { serverNameOverride: temporalTlsServerName }),
  };
}

function clientPair(certFile: string | undefined, keyFile: string | undefined, now: number) {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined) throw invalid('temporalTlsCertFile', 'is not set', 'a certificate beside its key');
  if (keyFile === undefined) throw invalid('temporalTlsKeyFile', 'is not set', 'the key beside the certificate');
  const crt = readPem('temporalTlsCertFile', certFile);
  const key = readPem('temporalTlsKeyFile', keyFile);
  const certificate = readCertificate('temporalTlsCertFile', crt);
  const from = certificate.validFromDate;
  const to = certificate.validToDate;
  if (now > to.getTime()) {
    throw invalid('temporalTlsCertFile', `names a certificate that ended at ${to.toISOString()}`, 'one in force');
  }
  if (now < from.getTime()) {
    throw invalid('temporalTlsCertFile', `names a certificate that begins at ${from.toISOString()}`, 'one in force');
  }
  if (!certificate.checkPrivateKey(readKey(key))) {
    throw invalid('temporalTlsKeyFile', 'names a key that is not of the certificate', 'the key of the certificate');
  }
  return { crt, key };
}

function readPem(setting: ConfigName, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(setting, `names a file that cannot be read (${codeOf(error) ?? 'unknown fault'})`, 'a PEM file');
  }
}

function readCertificate(setting: ConfigName, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid(setting, 'names a file that holds no certificate', 'a certificate in PEM');
  }
}

function readKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // Without its cause: a parser's message may quote what it could not parse.
    throw invalid('temporalTlsKeyFile', 'names a file that holds no private key', 'one in PEM, without a passphrase');
  }
}

function invalid(setting: ConfigName, is: string, expected: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot connect to Temporal: "${variableByName[setting]}" ${is}, expected ${expected}; correct it`,
  );
}
