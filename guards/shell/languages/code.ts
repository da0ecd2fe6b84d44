/**
 * Code of a general language (Python, Perl, Ruby, Node and their kind): never seen through, so it asks at least. What it
 * plainly hands to a shell or destroys is told, so that an approver sees it.
 */
import { type Context, tell } from '../context.ts';

const startsCommand =
  /\b(?:system|popen|spawn\w*|exec\w*|subprocess|check_output|check_call|child_process|Runtime|ProcessBuilder|shell_exec|passthru|proc_open|pcntl_exec|backtick|IO\.popen|Open3|os\.run|do shell script)\b|`|\bqx\b/u;
const destroys =
  /\b(?:rmtree|os\.(?:remove|unlink|rmdir|removedirs|truncate)|unlink(?:Sync)?|rmSync|rmdirSync|rm_rf|rm_r|remove_dir_all|FileUtils\.(?:rm|remove)\w*|File\.delete|Dir\.(?:rmdir|unlink|delete)|rimraf|truncate(?:Sync)?|drop_all|dropDatabase|DROP\s+(?:TABLE|DATABASE)|TRUNCATE\s+TABLE|DELETE\s+FROM)\b|\.unlink\(\)|\bfs\.rm\b/u;
const texts =
  /"((?:[^"\\]|\\.){2,2000})"|'((?:[^'\\]|\\.){2,2000})'|`((?:[^`\\]|\\.){2,2000})`|\bqx[({/]([^)}/]{2,2000})/gu;

export function classifyCode(code: string, name: string, context: Context): void {
  if (destroys.test(code))
    tell(context, { name, class: 'destructive', rule: 'code-destroys', reason: 'the code deletes files or data' });
  else tell(context, { name, class: 'opaque', rule: 'code', reason: 'it runs code that is not seen through' });
  if (!startsCommand.test(code)) return;
  let seen = 0;
  const lists = [...code.matchAll(/\[\s*((?:["'][^"']{1,200}["']\s*,?\s*){2,20})\]/gu)].map(([, list]) =>
    [...(list ?? '').matchAll(/["']([^"']*)["']/gu)].map(([, word]) => word ?? '').join(' '),
  );
  for (const text of [
    ...lists,
    ...Array.from(code.matchAll(texts), (match) => match.slice(1).find((one) => one !== undefined) ?? ''),
  ]) {
    if (++seen > 20) return;
    if (/\s/u.test(text)) context.runScript(text.replaceAll(/\\(["'`])/gu, '$1'), context);
  }
}
