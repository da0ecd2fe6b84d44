/**
 * Places whose loss, change or reading is more than a file's: what a machine cannot live without, what starts programs, what
 * holds secrets. Paths are text here; nothing is looked up. Patterns of file names are matched against known places.
 */
import { isKeptByPrograms, samplesOfPrograms } from './secret-places.ts';
import { hole } from './words.ts';

/** Where a recursive delete leaves no machine or no home behind. */
const vital = new Set([
  '',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/lib64',
  '/proc',
  '/root',
  '/sbin',
  '/sys',
  '/usr',
  '/var',
  '~',
  '/usr/bin',
  '/usr/lib',
  '/usr/sbin',
  '/var/lib',
  '/Users',
  '/System',
  '/Library',
  'C:',
  '/c',
]);
const blockDevice =
  /^\/dev\/(?:[shvx]+d[a-z]\d*|nvme\d|mmcblk\d|disk\d?|rdisk\d|disk\/|dm-\d|mapper\/|md\d|sr\d|mem$|kmem$|port$|mtd|input\/|hidraw)/u;
const secretPlaces: readonly string[] = [
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/gshadow',
  '/etc/sudoers',
  '/etc/security/opasswd',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/kubernetes/admin.conf',
  '~/.ssh/id_rsa',
  '~/.ssh/id_ed25519',
  '~/.ssh/id_ecdsa',
  '~/.ssh/id_dsa',
  '~/.ssh/identity',
  '~/.aws/credentials',
  '~/.netrc',
  '~/.pgpass',
  '~/.my.cnf',
  '~/.git-credentials',
  '~/.docker/config.json',
  '~/.kube/config',
  '~/.npmrc',
  '~/.pypirc',
  '~/.config/gh/hosts.yml',
  '~/.config/gcloud/credentials.db',
  '~/.azure/accesstokens.json',
  '~/.vault-token',
  '~/.bash_history',
  '~/.zsh_history',
  '~/.gnupg/secring.gpg',
  '.env',
  '.env.production',
  '.env.local',
  'server.key',
  'server.pem',
  'keystore.jks',
  'vault.kdbx',
  '/proc/1/environ',
  '/proc/self/environ',
  '/proc/self/task/1/environ',
  '/proc/1/mem',
  '/proc/kcore',
  '/run/secrets/token',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  'credentials.json',
  'service-account.json',
  'terraform.tfstate',
];
/** Where a look through all of a machine may find one. */
export const secretSamples: readonly string[] = [
  ...secretPlaces.map((place) => (place.startsWith('/') ? place : place.replace(/^(?:~\/)?/u, '/root/'))),
  ...samplesOfPrograms,
  '/srv/app/config/master.key',
  '/srv/app/secrets.yaml',
  '/srv/app/.htpasswd',
];
/** Of paths in small letters, as the next one. */
const secretPattern =
  /(?:^|[/:=])(?:\.env(?:\.(?!example|sample|template|dist)[\w.-]+)?|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.npmrc|\.pypirc|\.vault-token|\.\w+_history|id_(?:rsa|dsa|ecdsa|ed25519)|identity|credentials(?:\.(?:json|db|xml|ya?ml|csv))?|secrets?\.(?:json|ya?ml|env|txt|toml)|service[-_]account\.json|kubeconfig|master\.key|\.htpasswd|[^/:=]*\.(?:pem|key|p12|pfx|jks|kdbx|keytab|tfstate))$|(?:^|\/)\.(?:ssh|gnupg|aws|azure|kube|docker|config\/(?:gh|gcloud))\/(?!known_hosts|config$|[^/]*\.pub$)|\.(?:docker\/config\.json|kube\/config)$|^\/etc\/(?:shadow|gshadow|sudoers|security\/opasswd|ssh\/ssh_host\w*key$|kubernetes\/)|^\/proc\/[^/]*\/(?:task\/[^/]*\/)?(?:environ|mem|fd\/)|^\/proc\/(?:kcore|kmem)|^\/(?:var\/)?run\/secrets|(?:^|\/)\.(?:ssh|gnupg|aws|azure|kube)$/u;
const startPattern =
  /(?:^|\/)(?:authorized_keys2?|\.(?:bash|zsh|ksh|csh|tcsh|fish)\w*|\.profile|\.login|\.zprofile|\.xinitrc|\.xsessionrc|\.vimrc|\.exrc|\.emacs|\.gitconfig|\.inputrc|\.forward|\.rhosts|\.pam_environment|\.npmrc|\.envrc|\.pythonrc|sitecustomize\.py|usercustomize\.py)$|(?:^|\/)(?:\.ssh|\.git|\.gnupg|\.husky|\.config\/(?:autostart|systemd|git|fish)|LaunchAgents|LaunchDaemons|cron[^/]*|crontabs|init\.d|systemd|profile\.d|sudoers\.d|pam\.d|ld\.so\.conf\.d|udev)\/|^\/(?:etc|boot|bin|sbin|lib|lib64|usr|root|proc|sys|dev)\//u;
const harmlessDevice = /^\/dev\/(?:(?:null|zero|full|stdin|stdout|stderr|tty|u?random)$|fd\/)/u;
/** Files in memory: of other programs, too. */
const memoryFile = /^\/dev\/shm\//u;

/** What `plainPath` changes something of: empty parts, `.`, `..`, and a home of root's. */
const unplain = /^$|^\.{1,2}(?:\/|$)|\/\.{0,2}(?:\/|$)|^~root(?:\/|$)|^\/proc\//u;

/** Slashes, `.` and `..` as the system reads them; `~` and `$HOME` stand as `~`. */
export function plainPath(written: string): string {
  if (!unplain.test(written)) return written;
  // Up from there leads to the process itself: `/dev/fd` is a link.
  const text = written.replace(/^\/+(?:\.?\/+)*dev\/+fd(?=\/.*\.\.)/u, '/proc/self/fd');
  const absolute = text.startsWith('/');
  const parts: string[] = [];
  for (const one of text.split('/')) {
    if (one === '' || one === '.') continue;
    if (one === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (one !== '..' || !absolute) parts.push(one);
  }
  const path = parts.join('/').replace(/^~root(?=\/|$)/u, '/root');
  if (!absolute) return path || '.';
  // A process may be under another root: its own place counts, and the folder it works in is any.
  return `/${path}`.replace(/^(?:\/proc\/[^/]+(?:\/task\/[^/]+)?\/(?:root|cwd)(?=\/))+/u, '');
}

/** Whether all of a place that matters would go: `/`, `/*`, `~`, `/etc/`, also by way of `..`. */
export function isVital(text: string): boolean {
  const path = plainPath(text).replace(/(?<=^|\/)(?:\*+|\.\*|\{[*.,]+\}|\.\[!?\.\]\*)$/u, '');
  const whole = path.replace(/\/+$/u, '');
  // A bare `*` in an unknown folder is not known to be vital.
  if (whole === '') return text.startsWith('/');
  return vital.has(whole);
}

export function isBlockDevice(text: string): boolean {
  return blockDevice.test(plainPath(text));
}

/** Any hidden files of a folder: shells, databases and clouds keep their logins in those of a home, programs theirs in `.env`. */
const anyHidden = /(?:^|\/)\.[*?[][^/]*$|^(?:~\w*|\/root|\/(?:home|users)\/[^/]+)\/\.[*?[]/u;
/** Every file some folders down in a machine, a home or hidden folders: names that only a listing would show. */
const anyBelow =
  /(?:^(?:~\w*|\/root|\/(?:home|users)(?:\/[^/]+)?|\/(?:etc|run|var\/run|proc))?\/|(?:^|\/)\.)(?:[*?]|\[[^\]/]{1,20}\])+(?:\/(?:[*?]|\[[^\]/]{1,20}\])+)+$/u;
const anyFolders = ['', '/etc', '/proc/self'];
const rooted = /^[/~]/u;
/** What every such place has somewhere, for a quick no. */
const mayHoldSecrets =
  /[./~\uFDD0\uFDD1]|id_|_key|identity|credential|secret|kubeconfig|master|passwd|history|netrc|vault|galaxy|login/i;

/**
 * All of a machine, its settings or a home: whoever reads everything below it reads the secrets, too.
 * @param folders that the script changes to, where `text` may be read from
 */
export function holdsMuch(text: string, folders: readonly string[] = []): boolean {
  const places = rooted.test(text) ? [text] : [text, ...folders.map((folder) => `${folder}/${text}`)];
  return places.some((place) =>
    /^(?:~\w*|\/|\/(?:root|home|etc|Users|proc(?:\/[^/]+)?|run|var\/run)|\/(?:home|Users)\/[^/]+)$/u.test(
      plainPath(place.replace(/\/\*$/u, '/')),
    ),
  );
}

/** Has no settings of people's in it, or is a part of some work, not all of it. */
const ofSystemOrPart =
  /^\/(?:usr|lib\w*|bin|sbin|sys|boot|var\/log|proc\/sys)(?:\/|$)|\/(?:src|lib|libs|docs?|tests?|spec|include|packages|node_modules|examples|logs?)$/u;

/**
 * A folder as a whole, where programs keep a `.env` beside their code: the one that is worked in, one above it, or one with a path of
 * its own. A folder below is a part of the work.
 */
export function isWholeFolder(text: string): boolean {
  const path = plainPath(text);
  return path === '.' || (/^(?:[/~]|\.\.)/u.test(path) && !ofSystemOrPart.test(path));
}

/**
 * Where secrets are kept, whatever the case of its letters; a pattern of names counts if it fits such a place.
 * @param folders that the script changes to, where `text` may be read from
 */
export function holdsSecrets(text: string, glob: boolean, folders: readonly string[] = []): boolean {
  if (isSecretPlace(text, glob)) return true;
  if (folders.length === 0 || rooted.test(text)) return false;
  // A folder that only the run would show may be any of the system's.
  const known = folders.flatMap((folder) => (folder.startsWith(hole) ? anyFolders : folder));
  return known.some((folder) => isSecretPlace(`${folder}/${text}`, glob || /[*?[]/u.test(folder)));
}

function isSecretPlace(text: string, glob: boolean): boolean {
  if (!glob && !mayHoldSecrets.test(text)) return false;
  const path = plainPath(text).toLowerCase();
  // Which folder it is read in, and how many of them up the root is, nobody knows here.
  const full = rooted.test(path) ? path : `/${path.startsWith('..') ? path.replace(/^(?:\.\.\/)+/u, '') : path}`;
  if ((secretPattern.test(full) || isKeptByPrograms(full)) && !/\/(?:certs?|ca-certificates|ssl\/certs)\//u.test(full))
    return true;
  if (!glob && !/[\uFDD0\uFDD1]/u.test(text)) return false;
  // What names nothing, such as `*` or a word that only the run would show, names no place either.
  if (glob && (anyHidden.test(path) || anyBelow.test(path))) return true;
  // Of a hidden folder: it may stand in a home.
  if (!namesSome.test(path) && !namesFromRoot.test(path)) return false;
  return fitsPlace(path) || (full !== path && (fitsPlace(full) || (path.startsWith('.') && fitsPlace(`~/${path}`))));
}

const namesSome = /[^*?/.\uFDD0\uFDD1]{2}|(?:^|\/)\.[^*?/.\uFDD0\uFDD1]/u;
/** From the root a single letter does: `/e*`. */
const namesFromRoot = /^\/.*[^*?/.\uFDD0\uFDD1]/u;

function fitsPlace(path: string): boolean {
  if (!mayFitPlace(path)) return false;
  const pattern = globPattern(path);
  return pattern !== undefined && secretPlaces.some((place) => pattern.test(place));
}

/** Whether a place begins and ends as the pattern does: for a quick no. */
function mayFitPlace(path: string): boolean {
  const begin = path.slice(0, path.search(/[*?[\uFDD0\uFDD1]/u));
  let from = path.length;
  while (from > 0 && !'*?]\uFDD0\uFDD1'.includes(path[from - 1] ?? '*')) from -= 1;
  const end = path.slice(from);
  return secretPlaces.some((place) => place.startsWith(begin) && place.endsWith(end));
}

/** Changing it starts programs, opens doors or belongs to the system. */
export function isGuardedPlace(text: string): boolean {
  const path = plainPath(text);
  return (
    startPattern.test(path) &&
    !harmlessDevice.test(path) &&
    !memoryFile.test(path) &&
    !/^\/usr\/local\/(?:share|src)\//u.test(path)
  );
}

export function isHarmlessDevice(text: string): boolean {
  return harmlessDevice.test(plainPath(text));
}

/** Linear: a pattern with many stars is cut to what can be told. */
function globPattern(path: string): RegExp | undefined {
  if (path.length > 200 || path.split(/[*\uFDD0\uFDD1]/u).length > 6) return undefined;
  const source = path.replaceAll(/\[[^\]/]{1,20}\]|[\uFDD0\uFDD1*]+|\?|[.+^${}()|\\[\]]/gu, (sign) => {
    if (sign.startsWith('[') && sign.length > 1) return '[^/]';
    if (/^[\uFDD0\uFDD1*]/u.test(sign)) return '[^/]*';
    return sign === '?' ? '[^/]' : `\\${sign}`;
  });
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    return undefined;
  }
}
