/**
 * Long options that the tables do not name, by what they are called: one that is named like a host, a program, a settings file or
 * an output may do more than read. A name only makes stricter; what is called otherwise is no proof.
 */

/** Words within names of options and of variables. */
const tellingWords: readonly string[] =
  'addr address api auth authfile broker browser cafile cmd command conf config configfile conmon connect connection credential credentials debugger dir directory dump editor endpoint endpoints eval exec execute exporter extract file globalconfig home hook hooks host hosts hostname identity import init kubeconfig lib library load log logfile macros module modules out outfile output pager path pipe plugin plugins post pre prefix preload program proxy rc rcfile registry remote repository root rsh runtime script server service shell socket ssh sudo system tee token trace upload uri url userconfig vcs webhook write'.split(
    ' ',
  );
const telling = new Set(tellingWords);
/** Beginnings of at least four letters, as a name that is cut short ends. */
const cutShort = new Set(
  tellingWords.flatMap((word) =>
    Array.from({ length: word.length - 3 > 0 ? word.length - 3 : 0 }, (_, at) => word.slice(0, at + 4)),
  ),
);

/** `--kubeconfig`, `--runtime-endpoint`, cut short too. @param name with its dashes, without a value */
export function mayDoMore(name: string): boolean {
  if (!name.startsWith('--') || name.length < 4) return false;
  const bare = name.slice(2).toLowerCase();
  // `--no-pager`, `--without-hooks` take away.
  if (/^(?:no|without|skip|disable|hide)-/u.test(bare)) return false;
  const parts = bare.split(/[-_.]/u);
  const last = parts.at(-1) ?? '';
  return parts.some((part) => telling.has(part)) || cutShort.has(last);
}

/** `XTABLES_LIBDIR`, `AWS_DATA_PATH`, `LVM_SYSTEM_DIR`: where a program's parts or settings are; words for it, and who it asks. */
const placeWithin =
  /(?:LIB|LIBRARY|PLUGINS?|MODULES?|EXTENSIONS?|PROVIDERS?|CONF|CONFIG|DATA(?=_?PATH)|SCRIPTS?|SYSTEM|SASL|HELPERS?|HELPER_BINARY|BINARY|INIT|LOGIN|TOKEN|RC|HIST|XDG_\w+)_?(?:PATH|DIRS?|HOME|FILES?)$|_(?:ARGS|FLAGS|MASTER|CONNECTION)$|(?:KUBERC|KEYRING)$/u;

/** `PGHOST`, `LIBVIRT_DEFAULT_URI`: the same for variables that are handed to a command. */
export function namesAPlace(variable: string): boolean {
  return (
    placeWithin.test(variable) ||
    /(?:HOST|ADDR|ADDRESS|SERVER|ENDPOINTS?|UR[IL]|PROXY|CONF|CONFIG|RC|EXEC|CMD|COMMAND|PROGRAM|SSH|RSH|PLUGINS?|HOOKS?|SOCKET|SERVICE|CATALOG|CATALOG_FILES|KEYLOGFILE|LOGFILE|LOG_FILE|TRACE|BROKERS?|REGISTRY|RUNTIME|LIBRARY_PATH|CA_BUNDLE|CERT_FILE|CERT_DIR|CA_CERTS|CAINFO)$/u.test(
      variable,
    )
  );
}
