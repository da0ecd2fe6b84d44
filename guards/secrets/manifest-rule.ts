/**
 * Values of a Kubernetes Secret: under `data` of a manifest or an API's answer whose `kind` is Secret everything is one, whatever
 * its name is. YAML and JSON, as `kubectl get secret -o` prints them, also within a text.
 */
import { mostMatches, restOf, type SecretMatch } from './match.ts';
import { findStringData } from './string-data-rule.ts';

const kindOfSecret = /kind\\?["']?[ \t]{0,8}:[ \t]{0,8}\\?["']?secret(?:list)?(?![A-Za-z])/iy;
/** Group 1 is the indentation. */
const dataMark =
  /(?<=^|\n)([ \t-]{0,40})["']?data["']?[ \t]{0,8}:[ \t]{0,8}(?=[{\r\n])|["']data\\{0,3}["'][ \t]{0,8}:[ \t\r\n]{0,40}\{/g;
/** Group 1 is the value: behind its name, or alone on a line below it. */
const value =
  /(?:[:|][ \t]{0,8}\\{0,3}["']?|(?<=\n)[ \t]{1,80})([A-Za-z0-9+/]{8,65536}={0,2})\\{0,3}["']?[ \t]{0,8}(?=[,}\r\n]|$)/dg;
const longestBlock = 1 << 20;

export function findManifestSecrets(text: string): SecretMatch[] {
  if (!holdsSecretKind(text)) return [];
  const found = findStringData(text, (start, indentation) => blockAt(text, start, indentation));
  const most = mostMatches(text);
  for (const mark of text.matchAll(dataMark)) {
    const start = mark.index + mark[0].length;
    const block = blockAt(text, start, mark[1]);
    for (const match of block.matchAll(value)) {
      const [from, to] = match.indices?.[1] ?? [0, 0];
      const place = { rule: 'kubernetes-secret', start: start + from, end: start + to };
      if (found.length >= most) return [...found, restOf(text, place.start)];
      found.push(place);
    }
  }
  return found;
}

function holdsSecretKind(text: string): boolean {
  for (let at = text.indexOf('kind'); at >= 0; at = text.indexOf('kind', at + 4)) {
    kindOfSecret.lastIndex = at;
    if (kindOfSecret.test(text)) return true;
  }
  return false;
}

/** Up to the brace that closes it, or in YAML up to a line that is not indented further than its name. */
function blockAt(text: string, start: number, indentation: string | undefined): string {
  const rest = text.slice(start, start + longestBlock);
  if (rest.trimStart().startsWith('{') || indentation === undefined) {
    const end = rest.indexOf('}');
    return end < 0 ? rest : rest.slice(0, end + 1);
  }
  const deep = indentation.replaceAll('-', ' ').length;
  const end = rest.search(new RegExp(`\\n[ \\t]{0,${String(deep)}}[^ \\t\\r\\n]`));
  return end < 0 ? rest : rest.slice(0, end + 1);
}
