/**
 * What stands where a secret would, and is none: names in brackets, references to where the secret is kept, words of
 * documentation, types of a program. In doubt it is a secret.
 */

const secretWord =
  '(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key|api[_-]?key|access[_-]?key|secret[_-]?key|access[_-]?token|auth[_-]?token|credentials?|value|here|string|hash|jwt|bearer|id)';
const filler =
  '(?:your|my|the|some|an?|this|that|our|user|client|example|dummy|fake|mock|test|sample|insert|replace|enter|add|put|paste|set|use|new|old|real|actual|secure|strong|super|very|random|default|db|database|app|admin|root|not|no|with|from|in|to|for|of|is|it|me|a|random|generated|base64|encoded|env|vault|github|gitlab|aws|openai|anthropic|slack|stripe|google|azure|npm|docker)';

/** Signs and brackets. */
const marks =
  /^(?:[*•.xX_?#·…-]+|(.)\1{2,}|<[^>]*>?|\$[{(].*|(?:\$[A-Za-z_]\w*[-_./:]?){1,10}|\$\d?|%[a-z]|%\w{1,40}%|%[({].*|\{+[^}]*\}*.*|\[[a-z _-]{1,40}\]|@.*|#\{.*|__\w+__|\.{2,}.*|.*(?:\.\.\.|…))$/i;
/** Words of programs and of documentation. */
const words =
  /^(?:true|false|null|none|nil|undefined|nan|string|str|bool|boolean|number|int|integer|bytes?|any|object|unknown|void|never|required|optional|empty|unset|redacted|removed|hidden|masked|missing|invalid|expired|valid|wrong|incorrect|ok|yes|no|not|default|auto|self|this|new|`?pwd`?|is|are|was|must|should|may|can|will|has|have|the|for|from|with|and|or|to|in|of|on|foo|bar|baz|qux|foobar|lorem|ipsum|abc|xyz|change[_-]?(?:me|it|this)|placeholder|todo|tbd|fixme|n\/a|dummy|example|sample|fake|mock|stub|redacted|secret|keyring|keychain|prompt|stdin|file|inherit|basic|bearer|digest|oauth2?|jwt|plain|enabled|disabled)$/i;
/** `your-api-key`, `my_password123`, `not_a_real_token`, `foo-bar`: nothing but words of this kind. */
const composed = new RegExp(
  `^(?:(?:${filler}|${secretWord}|foo|bar|baz|qux|placeholder|change|goes|string|redacted)[ _.-]?)+\\d{0,4}[!?.]?$`,
  'i',
);
/** Where the secret is kept, or code that fetches it. */
const references =
  /^(?:process\.env.*|os\.(?:environ|getenv).*|env[.:[(].*|import\.meta.*|secrets?\.[A-Za-z_].*|vault:.*|ref\+.*|arn:.*|projects\/.*|op:\/\/.*|file:.*|ssm:.*|sm:\/\/.*|aws-sm:.*|gcp-sm:.*|keyvault.*|ENC\[.*|encrypted:.*|valueFrom.*|secretKeyRef.*|config[.[].*|settings[.[].*|args[.[].*|options?[.[].*|params?[.[].*|req(?:uest)?[.[].*|self\.\w.*|this\.\w.*|var\.\w.*|local\.\w.*|data\.\w.*|module\.\w.*|\/(?:run|var|etc|secrets|mnt|path|home|tmp)\/.*)$/;

/** The name of a variable, a version, a package with one, a pattern, a piece of a template, a vendor's example. */
const otherText =
  /^(?:[a-z][a-z-]{1,40}-\d{1,4}(?:\.\d{1,4}){1,3}|A[KS]IA[A-Z0-9]{9}EXAMPLE|wJalrXUtnFEMI\/[A-Za-z0-9/]{16,20}EXAMPLEKEY|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD|PASS|PWD|AUTH|CREDENTIALS?)(?:_[A-Z0-9]+)?|[\^~]\d{1,4}(?:\.\d{1,4}){1,3}\S{0,20}|\*\*.*\*\*)$|\$\{|\{\{/;

/**
 * What documentation fills a form with: `ghp_xxxx…`, `XXXX_AAAA`. Hardly anything stands before the filling: a secret with some
 * put behind it stays one.
 */
export function isFiller(value: string): boolean {
  return /[xX*0aA._-]{12}$/.test(value) && value.replace(/[xX*0aA._-]+$/, '').length < 12;
}

const filling =
  /[xX#*]{6,}|put|insert|paste|replace|your|my|the|real|random|secret|access|bot|user|app|api|token|key|string|configuration|slack|goes|here|example|redacted|placeholder|removed|[._~-]/gi;

/** The same in the middle of a form that has signs of its own: `sha256~XXXXXX_PUT_YOUR_TOKEN_HERE_XXXXXX`. */
export function isFilledForm(token: string): boolean {
  return token.length <= 200 && token.replace(filling, '').length < 12;
}

export function isPlaceholder(value: string): boolean {
  return (
    otherText.test(value) ||
    marks.test(value) ||
    words.test(value) ||
    references.test(value) ||
    (value.length <= 60 && composed.test(value))
  );
}

/** Values that only documentation gives a password in an address. */
const urlValue =
  /^(?:\*+|x{3,}|(.)\1*|.{0,3}|\$.*|\{.*|%[a-z]|%\(.*|<.*|\[secret:.*|\.{2,}|(?:(?:your|my|replace|the|db|user|some|change)[_-]?(?:with[_-]?|me)?)?(?:pass|passwd|password|pwd|secret|token|pw|me)?)$/i;
const genericUser =
  /^(?:(?:your|my|the|db|test|some)?[_-]?(?:user(?:[_-]?name)?|login|name|account|id|usr|me|foo)|x{3,}|<.*|\$.*|\{.*)$/i;
const commonValue = /^(?:password|passwd|pass|secret|token|example|postgres|root|admin|guest|test)$/i;
const nearHost =
  /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|db(?:$|:)|postgres(?:$|:)|mysql(?:$|:)|redis(?:$|:)|host(?:name)?(?:$|:)|\$|\{|<)/i;

export function isUrlPlaceholder(user: string, value: string, host: string): boolean {
  // `http://host:8080,a@b`: what looks like a password is a port.
  if (/^\d{1,5}(?:[,;:)?#\\]|$)/.test(value) && /[.]|^localhost$/.test(user)) return true;
  if (/^[$<{]/.test(value) || /^(?:\*+|x{3,}|\.{3}|…|\[secret:.*)$/i.test(value)) return true;
  if (/(?:your|replace|change)[_-]?(?:with[_-]?|this|me)?/i.test(value) && /pass|pwd|secret|token|me$/i.test(value))
    return true;
  if (user !== '' && value === user && (nearHost.test(host) || commonValue.test(value))) return true;
  if (genericUser.test(user)) return urlValue.test(value) && !(value === 'pass' && user === 'user');
  return commonValue.test(value) && nearHost.test(host);
}
