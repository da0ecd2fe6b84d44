/** `redis-cli`: the command after its options. Commands that read are listed; what is not listed changes data or more. */
import { type Context, type Subject, tell } from '../context.ts';
import { splitWords } from '../options.ts';
import { isOwnHost, leadsAway } from '../own-network.ts';
import { tellSecret } from '../tell-secret.ts';

const reads = new Set(
  'get mget strlen getrange exists type ttl pttl keys scan randomkey dbsize hget hmget hgetall hkeys hvals hlen hexists hscan lrange llen lindex lpos smembers scard sismember srandmember sscan sinter sunion sdiff zrange zrevrange zcard zcount zscore zrank zrangebyscore zscan xlen xrange xrevrange xinfo info ping echo time lastsave bitcount getbit pfcount geopos geodist command role help'.split(
    ' ',
  ),
);
const destroys = new Set(
  'flushall flushdb del unlink shutdown debug migrate replicaof slaveof swapdb ltrim expire hdel srem zrem xtrim'.split(
    ' ',
  ),
);
/** What they do stands in their second word. */
const groups = new Set(['client', 'slowlog', 'latency', 'memory', 'object', 'cluster']);
const readingSubcommands = new Set(
  'list get len info usage stats doctor encoding freq idletime refcount latest history nodes slots shards myid help'.split(
    ' ',
  ),
);
/** Options that do nothing but say how to ask. What is not here may write a file, or run what comes in. */
const plainOptions = new Set(
  '-h -p -s -a -u -n -r -i -c -e -2 -3 -D -d --user --pass --no-auth-warning --raw --no-raw --csv --json --quoted-json --tls --cacert --sni --scan --pattern --count --quoted-pattern --stat --latency --latency-history --latency-dist --bigkeys --memkeys --hotkeys --version --verbose --no-color'.split(
    ' ',
  ),
);
const opaque = new Set('eval evalsha script function fcall module config acl'.split(' '));

export function classifyRedis({ name, row, args }: Subject, context: Context): void {
  const split = splitWords(args, row.groupGrammar);
  const given = new Set(split.options.map((option) => option.name));
  const host = split.options.find((option) => option.name === '-h')?.value;
  const url = split.options.find((option) => option.name === '-u')?.value;
  if ((host && !isOwnHost(host.text)) || (url && leadsAway(url.text)))
    tell(context, {
      name,
      class: 'network',
      rule: 'redis-host',
      reason: 'it asks a host that is not of the own network',
    });
  if (split.unsure || [...given].some((one) => !plainOptions.has(one)))
    return tell(context, { name, class: 'opaque', rule: 'redis-code' });
  const [command, second] = split.operands;
  // Not what it is a password for, but what is asked with it, and answered.
  if (split.operands.some(({ secret }) => secret)) tellSecret(name, context);
  if (!command) {
    const looks = [
      '--stat',
      '--latency',
      '--bigkeys',
      '--memkeys',
      '--hotkeys',
      '--scan',
      '--latency-history',
      '--version',
    ].some((one) => given.has(one));
    return tell(context, { name, class: looks ? 'read' : 'opaque', rule: 'redis' });
  }
  const word = command.known ? command.text.toLowerCase() : '';
  const sub = second?.text.toLowerCase();
  if (word === 'config' && sub === 'get') {
    const plain = split.operands.slice(2).every(({ text, known }) => known && !/[*?[]|pass|auth|user|acl/iu.test(text));
    return tell(context, { name, class: plain ? 'read' : 'privilege', rule: 'redis-config' });
  }
  if (groups.has(word)) {
    return tell(context, {
      name,
      class: readingSubcommands.has(sub ?? '') ? 'read' : 'write',
      rule: 'redis',
    });
  }
  if (word === '' || opaque.has(word)) return tell(context, { name, class: 'opaque', rule: 'redis-code' });
  if (destroys.has(word))
    return tell(context, { name, class: 'destructive', rule: 'redis-destroys', reason: 'it deletes data' });
  tell(context, { name, class: reads.has(word) ? 'read' : 'write', rule: 'redis' });
}
