/** `redis-cli`: the command after its options. Commands that read are listed; what is not listed changes data or more. */
import { type Context, type Subject, tell } from '../context.ts';
import { splitWords } from '../options.ts';

const reads = new Set(
  'get mget strlen getrange exists type ttl pttl keys scan randomkey dbsize hget hmget hgetall hkeys hvals hlen hexists hscan lrange llen lindex lpos smembers scard sismember srandmember sscan sinter sunion sdiff zrange zrevrange zcard zcount zscore zrank zrangebyscore zscan xlen xrange xrevrange xinfo info ping echo time lastsave object memory bitcount getbit pfcount geopos geodist command role help'.split(
    ' ',
  ),
);
const destroys = new Set(
  'flushall flushdb del unlink shutdown debug migrate replicaof slaveof swapdb ltrim expire hdel srem zrem xtrim'.split(
    ' ',
  ),
);
const opaque = new Set('eval evalsha script function fcall module config acl'.split(' '));

export function classifyRedis({ name, row, args }: Subject, context: Context): void {
  const split = splitWords(args, { values: row.values, ...row.style, posix: true });
  const given = new Set(split.options.map((option) => option.name));
  if (split.unsure || given.has('--eval') || given.has('--pipe') || given.has('-x'))
    return tell(context, { name, class: 'opaque', rule: 'redis-code' });
  const [command, second] = split.operands;
  if (!command) {
    const looks = ['--stat', '--latency', '--bigkeys', '--memkeys', '--scan'].some((one) => given.has(one));
    return tell(context, { name, class: looks ? 'read' : 'opaque', rule: 'redis' });
  }
  const word = command.known ? command.text.toLowerCase() : '';
  const sub = second?.text.toLowerCase();
  if (word === 'config' && sub === 'get') return tell(context, { name, class: 'privilege', rule: 'redis-config' });
  if (word === 'client' || word === 'slowlog' || word === 'latency') {
    return tell(context, {
      name,
      class: ['list', 'get', 'len', 'info'].includes(sub ?? '') ? 'read' : 'write',
      rule: 'redis',
    });
  }
  if (word === '' || opaque.has(word)) return tell(context, { name, class: 'opaque', rule: 'redis-code' });
  if (destroys.has(word))
    return tell(context, { name, class: 'destructive', rule: 'redis-destroys', reason: 'it deletes data' });
  tell(context, { name, class: reads.has(word) ? 'read' : 'write', rule: 'redis' });
}
