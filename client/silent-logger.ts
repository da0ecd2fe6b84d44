/** For parts of the Temporal SDK that would otherwise write to the terminal of whoever uses this program. */
export const silentLogger = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
