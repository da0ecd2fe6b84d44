/**
 * Secrets that show by their own form: provider prefixes, JSON web tokens, URLs with a password, authorization headers. Each
 * expression starts at a fixed text and has bounded parts, so hostile text costs no more than its length.
 */
import type { SecretMatch } from './match.ts';

interface TokenRule {
  rule: string;
  /** The secret is group 1 where there is one, else the whole match. Flags `gd`. */
  pattern: RegExp;
  /** Whether the match must look random, because its prefix is also an ordinary word. */
  random?: true;
}

const tokenRules: readonly TokenRule[] = [
  {
    rule: 'jwt',
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{10,2000}/dg,
  },
  { rule: 'jwe', pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,4000}){4}/dg },
  { rule: 'aws-access-key-id', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/dg },
  { rule: 'sk-key', pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,300}/dg, random: true },
  { rule: 'stripe-key', pattern: /(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{16,200}/dg },
  {
    rule: 'github-token',
    pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})/dg,
  },
  {
    rule: 'gitlab-token',
    pattern: /(?<![A-Za-z0-9])(?:glpat|gldt|glrt|glcbt|glptt|glft|glimt|glagent|gloas|glsoat)-[A-Za-z0-9_.-]{20,300}/dg,
  },
  { rule: 'slack-token', pattern: /(?<![A-Za-z0-9])(?:xox[abcdeoprs]|xapp)-[A-Za-z0-9-]{10,300}/dg },
  { rule: 'slack-webhook', pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Za-z0-9/]{20,200})/dg },
  { rule: 'discord-webhook', pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{5,30}\/([A-Za-z0-9_-]{30,120})/dg },
  { rule: 'google-api-key', pattern: /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/dg },
  { rule: 'google-oauth', pattern: /(?<![A-Za-z0-9])(?:ya29\.[A-Za-z0-9_.-]{20,500}|GOCSPX-[A-Za-z0-9_-]{20,60})/dg },
  { rule: 'npm-token', pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/dg },
  { rule: 'pypi-token', pattern: /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{40,500}/dg },
  { rule: 'rubygems-key', pattern: /(?<![A-Za-z0-9])rubygems_[a-f0-9]{48}/dg },
  { rule: 'sendgrid-key', pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}/dg },
  { rule: 'huggingface-token', pattern: /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,60}/dg },
  { rule: 'groq-key', pattern: /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,80}/dg },
  {
    rule: 'model-provider-key',
    pattern: /(?<![A-Za-z0-9])(?:xai-|pplx-|r8_|fw_|nvapi-|tgp_v1_|csk-)[A-Za-z0-9_-]{24,200}/dg,
    random: true,
  },
  { rule: 'digitalocean-token', pattern: /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/dg },
  { rule: 'shopify-token', pattern: /(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/dg },
  { rule: 'vault-token', pattern: /(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{20,400}/dg },
  { rule: 'databricks-token', pattern: /(?<![A-Za-z0-9])dapi[a-f0-9]{32}/dg },
  { rule: 'grafana-token', pattern: /(?<![A-Za-z0-9])gl(?:sa|c)_[A-Za-z0-9+/=_-]{32,400}/dg },
  { rule: 'docker-token', pattern: /(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,80}/dg },
  { rule: 'tailscale-key', pattern: /(?<![A-Za-z0-9])tskey-(?:[a-z]{2,12}-)?[A-Za-z0-9]{5,40}-[A-Za-z0-9]{10,80}/dg },
  { rule: 'atlassian-token', pattern: /(?<![A-Za-z0-9])(?:ATATT3|ATCTT3|ATBB)[A-Za-z0-9_=-]{24,400}/dg },
  { rule: 'new-relic-key', pattern: /(?<![A-Za-z0-9])NR(?:AK|JS|II|RA)-[A-Za-z0-9]{19,60}/dg },
  { rule: 'linear-key', pattern: /(?<![A-Za-z0-9])lin_(?:api|oauth)_[A-Za-z0-9]{32,80}/dg },
  {
    rule: 'notion-token',
    pattern: /(?<![A-Za-z0-9])(?:ntn_[A-Za-z0-9]{40,80}|secret_[A-Za-z0-9]{43})(?![A-Za-z0-9])/dg,
  },
  { rule: 'postman-key', pattern: /(?<![A-Za-z0-9])PMAK-[a-f0-9]{24}-[a-f0-9]{34}/dg },
  { rule: 'sentry-token', pattern: /(?<![A-Za-z0-9])sntry[su]_[A-Za-z0-9+/=_-]{40,400}/dg },
  { rule: 'figma-token', pattern: /(?<![A-Za-z0-9])fig[dour]_[A-Za-z0-9_-]{36,80}/dg },
  { rule: 'mailgun-key', pattern: /(?<![A-Za-z0-9])key-[a-f0-9]{32}(?![A-Za-z0-9])/dg },
  { rule: 'twilio-key', pattern: /(?<![A-Za-z0-9])SK[a-f0-9]{32}(?![A-Za-z0-9])/dg },
  { rule: 'telegram-token', pattern: /(?<![A-Za-z0-9:.])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/dg },
  { rule: 'airtable-token', pattern: /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}/dg },
  { rule: 'age-key', pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/dg },
  { rule: 'azure-key', pattern: /(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,100}={0,2})/dg },
  { rule: 'azure-sas', pattern: /[?&;]sig=([A-Za-z0-9%+/]{30,120}={0,2})/dg },
  {
    rule: 'azure-client-secret',
    pattern: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/dg,
  },
  {
    rule: 'authorization-header',
    pattern: /\b(?:[Bb]earer|BEARER)\s{1,3}([A-Za-z0-9._~+/-]{16,4000}={0,2})/dg,
    random: true,
  },
  {
    rule: 'authorization-header',
    pattern:
      /[Aa]uthorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}["'\\]{0,4}(?:[Bb]asic|[Tt]oken|[Dd]igest|[Aa]pi[Kk]ey)\s{1,3}([A-Za-z0-9._~+/-]{6,4000}={0,2})/dg,
  },
];

const urlPassword = /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,24}:\/\/[^\s:@/"'<>`]{0,100}:([^\s@/"'<>`]{1,200})@/dg;
/** Written in documentation in a password's place. */
const urlPlaceholder =
  /^(?:\*+|x{3,}|\$.*|\{.*\}|%[a-z]|<.*|\[secret:.*|(?:(?:your|my|replace|the)[_-]?(?:with[_-]?)?)?(?:pass|passwd|password|pwd|secret|token))$/i;

/** Published by Amazon for use in documentation: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html */
const vendorExamples = new Set(['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => `${prefix}IOSFODNN7EXAMPLE`));

export function findTokens(text: string): SecretMatch[] {
  const found = tokenRules.flatMap(({ rule, pattern, random }) =>
    matchesOf(text, rule, pattern).filter(({ start, end }) => !random || looksRandom(text.slice(start, end))),
  );
  const passwords = matchesOf(text, 'url-password', urlPassword);
  return [
    ...found.filter(({ start, end }) => !vendorExamples.has(text.slice(start, end))),
    ...passwords.filter(({ start, end }) => !urlPlaceholder.test(text.slice(start, end))),
  ];
}

/** Digits between letters, and many different characters: words joined by hyphens do not look like that. */
export function looksRandom(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text) && new Set(text).size >= 10;
}

function matchesOf(text: string, rule: string, pattern: RegExp): SecretMatch[] {
  return Array.from(text.matchAll(pattern), (match) => {
    const [start, end] = match.indices?.[1] ?? match.indices?.[0] ?? [0, 0];
    return { rule, start, end };
  });
}
