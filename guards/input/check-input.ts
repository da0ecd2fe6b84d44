/**
 * What no text from outside may hold: too many bytes, NUL and control characters, ill-formed Unicode. It judges form only and
 * never repeats the text.
 */
import type { Finding } from '../../core/contracts/labels.ts';

export interface InputLimits {
  /** Of UTF-8. */
  maximumBytes: number;
}

/** Tab, line feed and carriage return are text; every other C0 and C1 control character and DEL is not. */
// oxlint-disable-next-line eslint/no-control-regex -- finding control characters is the point
const control = /[\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/;

/** What is in most texts none at all. */
const otherThanPlain = /[^\t\n\r -~]/;

/** Any finding is a reason to refuse; none means that the form is sound. */
export function checkInput(text: string, { maximumBytes }: InputLimits): Finding[] {
  // One look at each character where all are printable ASCII, as in most of the long ones.
  if (!otherThanPlain.test(text)) return text.length > maximumBytes ? [tooLarge(text, text.length, maximumBytes)] : [];
  // No unit takes more than three bytes: what is far below the limit need not be counted.
  const bytes = text.length * 3 > maximumBytes ? byteLength(text) : 0;
  const nul = text.indexOf('\u0000');
  const controlAt = text.search(control);
  const surrogateAt = text.isWellFormed() ? -1 : text.search(/\p{Surrogate}/u);
  return [
    ...(bytes > maximumBytes ? [tooLarge(text, bytes, maximumBytes)] : []),
    ...at(nul, 'nul', 'holds a NUL character'),
    ...at(controlAt, 'control-character', 'holds a control character'),
    ...at(surrogateAt, 'ill-formed-unicode', 'holds half of a surrogate pair'),
  ];
}

function at(start: number, rule: string, message: string): Finding[] {
  if (start < 0) return [];
  return [{ guard: 'input', rule, severity: 'high', message, span: { start, end: start + 1 }, remedy: 'take it out' }];
}

function tooLarge({ length }: string, bytes: number, maximum: number): Finding {
  const message = `is ${bytes} bytes long, expected at most ${maximum}`;
  const remedy = 'send less, or a reference to it';
  return { guard: 'input', rule: 'too-large', severity: 'high', message, span: { start: 0, end: length }, remedy };
}

/** Without encoding a text that may be huge. A lone surrogate counts as the three bytes of its replacement. */
function byteLength(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      bytes += 4;
      index += 1;
    } else bytes += 3;
  }
  return bytes;
}
