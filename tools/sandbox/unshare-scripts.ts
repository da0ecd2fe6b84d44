/**
 * The bash programs that build the sandbox, from the outside in: build-root (process 1), close-proc, enter.
 * Promises: every path and argument arrives as a positional parameter or an environment value and is only ever quoted.
 * `--norc` matters: bash reads ~/.bashrc even for -c when its standard input is a socket, which Node's pipes are.
 * Never: a value of a command inside a script's text; a step whose failure is passed over (`failed <step>` on descriptor 3).
 */

/** PATH of the set-up itself; a command's own PATH plays no part before its privileges are gone. */
export const setupPath = '/usr/sbin:/usr/bin:/sbin:/bin';

const prelude = `
set -Eeuo pipefail
step=start
trap 'printf "failed %s\\n" "$step" >&3; exit 125' ERR
`;

/**
 * Process 1 of the new process namespace. Parameters: work folder, user id, group id, drop (1 when the caller is root),
 * bytes for /tmp, then counted lists: system paths, read-only paths, masked paths; then close-proc's own parameters.
 * It makes a new root of nothing but the listed paths, so what is not listed is not hidden but absent.
 */
export const buildRootScript = `${prelude}
step=descriptors
for fd in /proc/self/fd/*; do
  fd=\${fd##*/}
  if [[ $fd =~ ^[0-9]+$ ]] && ((fd > 4)); then eval "exec $fd>&-"; fi
done
umask 022
work=$1 uid=$2 gid=$3 drop=$4 tmp_bytes=$5; shift 5
system=() shown=() masked=()
count=$1; shift; system=("\${@:1:count}"); shift "$count"
count=$1; shift; shown=("\${@:1:count}"); shift "$count"
count=$1; shift; masked=("\${@:1:count}"); shift "$count"

step=work-folder
cd -P -- "$work"
[[ $PWD == "$work" ]]
# A second wall behind resolvePaths, because step owner changes owners: never on a folder of the system or a home.
case $work in
  / | /bin | /sbin | /lib | /lib64 | /usr | /usr/* | /etc | /etc/* | /boot | /boot/* | /opt | /root | /home) false ;;
  /tmp | /var | /var/tmp | /run | /mnt | /media | /srv | /dev | /dev/* | /proc | /proc/* | /sys | /sys/*) false ;;
esac

step=new-root
root=/sys
mount -t tmpfs -o mode=0755,nosuid,nodev,size=16m tmpfs "$root"
mkdir "$root/proc" "$root/dev" "$root/dev/shm" "$root/tmp" "$root/var" "$root/.old"
: >"$root/.empty"
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$tmp_bytes" tmpfs "$root/tmp"
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$tmp_bytes" tmpfs "$root/dev/shm"
ln -s ../tmp "$root/var/tmp"

step=read-only-paths
place() {
  if [[ -d $1 ]]; then mkdir -p -- "$root$1"; elif [[ ! -e $root$1 ]]; then mkdir -p -- "$root\${1%/*}"; : >"$root$1"; fi
}
mounts() {
  local line decoded options
  mapfile -t lines </proc/self/mountinfo
  points=() flags=()
  for line in "\${lines[@]}"; do
    read -r _ _ _ _ decoded options _ <<<"$line"
    printf -v decoded %b "\${decoded//\\\\/\\\\0}"
    points+=("$decoded") flags+=(",$options,")
  done
}
restrict() {
  local index found=0
  mounts
  for index in "\${!points[@]}"; do
    if [[ \${points[index]} == "$1" || \${points[index]} == "$1"/* ]]; then
      mount -c -o "remount,bind,$2" -- "\${points[index]}"
      found=1
    fi
  done
  ((found))
}
for path in "\${system[@]}"; do
  if [[ -L $path ]]; then cp -P -- "$path" "$root$path"; elif [[ -d $path ]]; then
    place "$path"; mount -c --rbind -- "$path" "$root$path"; restrict "$root$path" ro,nosuid,nodev
  fi
done
for path in "\${shown[@]}"; do
  place "$path"; mount -c --rbind -- "$path" "$root$path"; restrict "$root$path" ro,nosuid,nodev
done

step=masks
covers=()
for path in "\${masked[@]}"; do
  if [[ -d $root$path ]]; then
    mount -c -t tmpfs -o mode=0555,nosuid,nodev,noexec,size=64k tmpfs "$root$path"; covers+=("$path")
  elif [[ -e $root$path ]]; then
    mount -c --bind -- "$root/.empty" "$root$path"; covers+=("$path")
  fi
done

step=work-mount
place "$work"
mount -c --rbind . "$root$work"
restrict "$root$work" nosuid,nodev

step=devices
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount -c --bind "/dev/$device" "$root/dev/$device"
  mount -c -o remount,bind,ro,nosuid,noexec "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${number%%:*}" "$root/dev/\${number#*:}"; done

step=proc
mount -t proc -o nosuid,nodev,noexec,hidepid=2 proc "$root/proc"

step=pivot
cd "$root"
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
for path in "\${covers[@]}"; do mount -c -o remount,bind,ro -- "$path"; done
mount -o remount,bind,ro /

step=verify
mounts
((\${#points[@]} > 8))
for index in "\${!points[@]}"; do
  point=\${points[index]} options=\${flags[index]}
  [[ $options == *,nosuid,* ]]
  case $point in
    "$work" | "$work"/* | /tmp | /dev/shm | /proc) ;;
    *) [[ $options == *,ro,* ]] ;;
  esac
done
for path in "\${covers[@]}"; do
  if [[ -d $path && $work != "$path"/* ]]; then [[ -z $(ls -A -- "$path") ]]; elif [[ -f $path ]]; then [[ ! -s $path ]]; fi
done

step=owner
before=()
if [[ $drop == 1 ]]; then
  # Only a private folder (0700, as made for a run) changes hands, and only what lies in it: a folder of the system is
  # open to others, and giving one away would break the machine.
  owner=$(stat -c %u:%a -- "$work")
  if [[ $owner == 0:700 ]]; then find "$work" -xdev -uid 0 -exec chown -h "$uid:$gid" {} +; fi
  [[ $owner != 0:* || $owner == 0:700 ]]
  before=(setpriv "--reuid=$uid" "--regid=$gid" --clear-groups --)
fi
if command -v hostname >/dev/null; then hostname sandbox; fi
cd -- "$work"

step=start
script=$1; shift
"\${before[@]}" unshare --user --map-root-user --mount -- bash --norc --noprofile -p -c "$script" close-proc "$uid" "$gid" "$@" <&0 4>&- &
{ read -r -u 4 _ || :; } <&4 >/dev/null 2>&1 3>&- &
exec 0<&- 1>&- 2>&- 3>&- 4>&-
trap - ERR
set +e
wait -n
exit $?
`;

/**
 * Inside the first inner user namespace. Parameters: user id, group id, prlimit's options (counted), enter's text, argv.
 * Forbids further user namespaces below the last one, covers what /proc tells about the machine, makes /proc/sys read-only.
 */
export const closeProcScript = `${prelude}
step=user-namespaces
uid=$1 gid=$2; shift 2
echo 1 >/proc/sys/user/max_user_namespaces
echo 1000 >/proc/self/oom_score_adj
step=proc-masks
for name in acpi asound bus driver fs irq pressure scsi; do
  if [[ -d /proc/$name ]]; then mount -t tmpfs -o ro,mode=0555,nosuid,nodev,noexec,size=4k tmpfs "/proc/$name"; fi
done
for name in config.gz kallsyms kcore key-users keys kmsg latency_stats modules mounts.lock sched_debug sysrq-trigger timer_list vmallocinfo; do
  if [[ -e /proc/$name ]]; then mount --bind /dev/null "/proc/$name"; fi
done
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
step=limits
count=$1; shift; limits=("\${@:1:count}"); shift "$count"
script=$1; shift
exec prlimit "\${limits[@]}" -- \\
  unshare --user --keep-caps "--map-user=$uid" "--map-group=$gid" -- \\
  setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs -- \\
  /bin/sh -c "$script" enter "$@"
`;

/**
 * The text of the last program: without any capability, it turns the carried values into the command's environment, tells
 * that the sandbox stands, and becomes the command.
 * @param names names of the environment, each already checked against {@link environmentName}; values are in `CS_ENV_<index>`
 */
export function enterScript(names: readonly string[]): string {
  const exports = names.map((name, index) => `export ${name}="$CS_ENV_${index}"`);
  const dropped = ['PWD', 'OLDPWD', 'SHLVL', '_', 'PATH', 'LC_ALL', ...names.map((_, index) => `CS_ENV_${index}`)];
  const options = dropped.filter((name) => !names.includes(name)).map((name) => `-u ${name}`);
  return [
    'set -e',
    ...exports,
    "printf 'ready\\n' >&3",
    'exec 3>&-',
    `exec /usr/bin/env ${options.join(' ')} -- "$@"`,
  ].join('\n');
}

/** The names a command's environment may use: portable ones, without those that shells keep for themselves. */
export const environmentName =
  /^(?!CS_ENV_|IFS$|OPTIND$|PPID$|PS4$|UID$|EUID$|GROUPS$|FUNCNAME$|DIRSTACK$|BASH_?[A-Z]*$|SHELLOPTS$|LINENO$)[A-Za-z_][A-Za-z0-9_]*$/;
