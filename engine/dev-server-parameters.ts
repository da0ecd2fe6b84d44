/** The command line of the embedded Temporal server, tuned as measured (docs/engine.md). Pure. */

export type Synchronous = 'normal' | 'full';

export interface DevServerSettings {
  readonly databaseFile: string;
  readonly host: string;
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly synchronous: Synchronous;
  /** Type by name, for example `Keyword`. */
  readonly searchAttributes: Readonly<Record<string, string>>;
}

/** Other values than the stock server's; the polls: 20 a second cost 50 ms per workflow task. The rest is SQLite's WAL. */
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  // A task whose worker died is given to the next one after its time-out, which grows with each death in a row, by up to 10 minutes.
  'history.workflowTaskRetryMaxInterval="10s"',
  // Neither the server nor its UI asks anybody on the network for news.
  'frontend.enableServerVersionCheck=false',
];

export function devServerParameters(settings: DevServerSettings): string[] {
  const flags: readonly (readonly [flag: string, value: string])[] = [
    ['--db-filename', settings.databaseFile],
    ['--ip', settings.host],
    ['--ui-ip', settings.host],
    ['--port', String(settings.port)],
    ['--ui-port', String(settings.uiPort)],
    ['--namespace', settings.namespace],
    ['--sqlite-pragma', 'journal_mode=wal'],
    ['--sqlite-pragma', `synchronous=${settings.synchronous}`],
    ...dynamicConfig.map((value) => ['--dynamic-config-value', value] as const),
    ...Object.entries(settings.searchAttributes).map(
      ([name, type]) => ['--search-attribute', `${name}=${type}`] as const,
    ),
    ['--log-level', 'warn'],
  ];
  return ['server', 'start-dev', ...flags.flat(), '--ui-disable-news-fetch'];
}
