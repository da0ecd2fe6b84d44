/** JavaScript for `mongosh`: a chain of reading methods on collections reads; anything else changes, destroys or is not seen through. */
import { type Context, tell } from '../context.ts';

const destroys =
  /\.\s*(?:drop\w*|delete\w*|remove\w*|findOneAndDelete|shutdownServer|renameCollection)\s*\(|\[\s*["'](?:drop|delete|remove)/u;
const writes =
  /\.\s*(?:insert\w*|update\w*|replace\w*|save|create\w*|bulkWrite|findOneAnd\w+|findAndModify|grant\w*|revoke\w*|runCommand|adminCommand)\s*\(/u;
const reads =
  /^(?:(?:db|rs|sh)(?:\.(?:getSiblingDB|getCollection)\(["'][\w.-]+["']\)|\.(?!(?:drop|delete|remove|insert|update|create)\w*\()\w+|\.(?:find|findOne|count|countDocuments|estimatedDocumentCount|distinct|stats|getIndexes|explain|limit|skip|sort|toArray|pretty|size|getCollectionNames|getName|version|hostInfo|serverStatus|status|conf|printReplicationInfo|getUsers|currentOp|projection)\([\w\s"'$.,:{}[\]/-]*\)|\.map\(\(?\w+\)?\s?=>\s?\w+(?:\.\w+)+\))+|show \w+|use \w+|\w+\.(?:length))$/u;

export function classifyMongo(code: string, name: string, context: Context): void {
  if (destroys.test(code))
    return tell(context, { name, class: 'destructive', rule: 'mongo-destroys', reason: 'it destroys data' });
  if (writes.test(code)) return tell(context, { name, class: 'write', rule: 'mongo-writes' });
  const statements = code
    .split(/[;\n]/u)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  // Their hashes.
  const credentials = /showCredentials|system\.(?:users|keys)/u.test(code);
  const plain = !credentials && code.length <= 2000 && statements.every((one) => reads.test(one));
  tell(context, { name, class: plain ? 'read' : 'opaque', rule: plain ? 'mongo' : 'code' });
}
