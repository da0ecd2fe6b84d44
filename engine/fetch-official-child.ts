/**
 * Started by fetch-official.ts: asks the SDK's core to download the CLI into the folder given, and never lets it run.
 * The core starts what it downloaded at once, which must not happen before the digest was checked. So it is told
 * to bind an address that no machine has (reserved for documentation): it fails between download and start.
 */
import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';

const nobodysAddress = '192.0.2.1';
const [, , folder, version] = process.argv;
if (folder === undefined || version === undefined) throw new Error('usage: fetch-official-child <folder> <version>');

Runtime.install({
  shutdownSignals: [],
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
try {
  await Runtime.instance().createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir: folder,
      version: `v${version}`,
      ttl: Number.MAX_SAFE_INTEGER,
      sdkName: 'sdk-typescript',
      sdkVersion: version,
    },
    ip: nobodysAddress,
    port: null,
    namespace: 'default',
    ui: false,
    uiPort: null,
    dbFilename: null,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  });
} catch (error) {
  // The parent looks for the file; this text matters only where there is none. The last part is the root cause.
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${message.split(': ').slice(-2).join(': ')}\n`);
}
process.exit(0);
