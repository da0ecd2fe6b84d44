/** What a word does by what it says, where the tables know what it stands for: a host, a URL, a setting, a format. */
import type { ShellClass } from '../../core/contracts/shell-class.ts';
import type { Value } from './knowledge.ts';
import { isOwnAddress, isOwnHost, leadsAway } from './own-network.ts';
import { holdsSecrets } from './paths.ts';
import { namesASecret } from './secret-names.ts';
import { type Arg, hole } from './words.ts';

/** psql's variables are words for its SQL, but for those that name a prompt, a file or a program. */
const actingSetting = /^(?:PROMPT|HIST|EDITOR|PAGER|SHELL)/iu;

/** Of a Go template: single fields, loops over them, texts. What else a template can say is not read. */
const field =
  /^(?:(?:range\s+(?:\$\w+\s*,\s*\$\w+\s*:=\s*)?|json\s+)?\$?\w*(?:\.\w+)+|index\s+(?:\.\w+)+\s+(?:\d+|"[\w.-]+")|end|else|\$\w+|"[^"]*")$/u;
/** As a whole these show the environment that a container is started with, or hold what does. */
const wholes = /\.(?:config|process|spec|info|containerspec|tasktemplate)(?:\s|$)|\.env\b/iu;

function showsFields(template: string): boolean {
  const actions = Array.from(template.matchAll(/\{\{-?\s*([^{}]*?)\s*-?\}\}/gu), ([, action = '']) => action);
  return actions.length > 0 && actions.every((action) => field.test(action) && !wholes.test(action));
}

/** What a cloud says of a thing besides what it gives it to start with. */
const plainField =
  /(?:name|arn|id|ids|status|state|runtime|version|modified|created|created_?at|time|timestamp|size|memory|timeout|handler|type|kind|region|zone|location|ip|count|image)$/iu;

/** More than a person writes. */
const longestProjection = 500;

/** JMESPath and gcloud's formats: `Functions[].[FunctionName, Runtime]`, `value(metadata.name)`. A thing as a whole is no field. */
function showsPlainFields(text: string): boolean {
  if (text.length > longestProjection) return false;
  const plain = text.replaceAll(/\[(?:\d*|\*)\]/gu, '');
  if (!/^[\w.,:{}[\]()\s-]+$/u.test(plain)) return false;
  const fields = Array.from(plain.matchAll(/[\w-]+(?!\s*[.:(]|[\w-])/gu), ([field]) => field);
  return fields.length > 0 && fields.every((field) => plainField.test(field));
}

/** A name with dots that nobody of the own network has, or one that is known only when it runs. An address is not looked up. */
function isLookedUp(text: string): boolean {
  const host = text.replace(/:[\w*-]*$/u, '');
  if (host.includes(hole)) return true;
  return /[a-z]/iu.test(host) && host.includes('.') && !host.includes(':') && !isOwnHost(host);
}

/** What it adds to a read; nothing, where it is harmless. @param word absent: the value is missing, or was not seen */
export function classesOfValue(value: Exclude<Value, 'file'>, word: Arg | undefined): ShellClass[] {
  if (!word) return ['opaque'];
  const { text, known } = word;
  switch (value) {
    case 'host':
      // dig's `+short` says how to answer.
      return (known && text.startsWith('+')) || isOwnHost(text) ? [] : ['network'];
    case 'address':
      return !word.mayBeOption && isOwnAddress(text) ? [] : ['network'];
    case 'url':
      return word.mayBeOption || leadsAway(text) ? ['network'] : [];
    case 'list':
      return holdsSecrets(text, word.glob) ? ['privilege'] : [];
    case 'setting': {
      const name = text.split('=')[0] ?? '';
      return /^\w+$/u.test(name) && !actingSetting.test(name) ? [] : ['opaque'];
    }
    case 'signature':
      // `%G?` and `%(signature)` start the program that checks signatures.
      return known && !/%G|signature/u.test(text) ? [] : ['opaque'];
    case 'template':
      return known && showsFields(text) ? [] : ['privilege'];
    case 'property':
      return known && /^[A-Za-z_,]+$/u.test(text) && !/environ|^users$/iu.test(text) ? [] : ['privilege'];
    case 'schema':
      return known && text.toLowerCase() !== 'mysql' ? [] : ['privilege'];
    case 'peer':
      return text.split(/[\s()!=<>]+/u).some(isLookedUp) ? ['network'] : [];
    case 'socket':
      return text.includes('@') && !/[/]/u.test(text) && isLookedUp(text.slice(text.indexOf('@') + 1))
        ? ['network']
        : [];
    case 'variable':
      return known && !namesASecret(text) ? [] : ['privilege'];
    case 'projection':
      return known && showsPlainFields(text) ? [] : ['privilege'];
    case 'local':
      return known && /^[\w.-]+$/u.test(text) ? [] : ['network'];
    case 'repository':
      return known && /^[\w.-]+(?:\/[\w.-]+)?$/u.test(text) ? [] : ['network'];
  }
}
