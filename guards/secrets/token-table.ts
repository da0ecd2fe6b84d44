/**
 * Secrets that show by their own form, as a table: the fixed text each begins with, and the expression tried where it stands.
 * Every expression is sticky and has bounded parts, so hostile text costs no more than its length. Lengths are the providers'.
 */

export interface TokenRule {
  rule: string;
  /** Fixed texts of at least two characters; the expression is tried at each place where one stands. */
  anchors: readonly string[];
  /** The secret is group `secret` where there is one (group `before` belongs to it), else the whole match. Flags `dy`. */
  pattern: RegExp;
  /** Of a list that a match begins: what else of it is one, read from the end of the match before. Flags `dy`. */
  further?: RegExp;
  /** Whether the match must look random, because its beginning is also an ordinary word. */
  random?: true;
  /** Whether people choose it: what documentation writes in its place is none. */
  typed?: true;
  /** Whether it must be base64 of a user and a password, because many things stand behind such a name. */
  login?: true;
}

/** Not in the middle of a word. */
const alone = '(?<![A-Za-z0-9])';
const form = (
  rule: string,
  anchors: string,
  body: string,
  more: Pick<TokenRule, 'random' | 'login'> = {},
): TokenRule => ({
  rule,
  anchors: anchors.split(' '),
  pattern: new RegExp(body, 'dy'),
  ...more,
});
/** One of the prefixes, alone, and what follows it. */
const prefixed = (rule: string, prefixes: string, body: string, more: Pick<TokenRule, 'random'> = {}): TokenRule =>
  form(
    rule,
    prefixes,
    `${alone}(?:${prefixes
      .split(' ')
      .map((one) => one.replaceAll('.', '\\.'))
      .join('|')})${body}`,
    more,
  );

const end = '(?![A-Za-z0-9])';
/** The line ends may be those of JSON. */
const lineEnd = '(?:\\r?\\n|(?:\\\\{1,3}r)?\\\\{1,3}n)';
const puttyLines = `Private-Lines:\\s{0,3}\\d{1,3}${lineEnd}(?<secret>[A-Za-z0-9+/=]{4,64}(?:${lineEnd}(?!Private-)[A-Za-z0-9+/=]{4,64}){0,200})`;

export const tokenRules: readonly TokenRule[] = [
  // Several providers
  form(
    'jwt',
    'eyJ',
    '(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\\.(?:eyJ[A-Za-z0-9_-]{4,8000}|[A-Za-z0-9_-]{40,8000})\\.[A-Za-z0-9_-]{10,2000}',
  ),
  form('jwe', 'eyJ', '(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}(?:\\.[A-Za-z0-9_-]{0,4000}){4}'),
  form(
    'authorization-header',
    'earer EARER',
    '(?<=\\b[Bb])(?:earer|EARER)[\\s:]{1,3}(?<secret>[A-Za-z0-9._~+/-]{16,4000}={0,2})',
    {
      random: true,
    },
  ),
  form(
    'authorization-header',
    'uthorization UTHORIZATION',
    '(?<=[Aa])(?:uthorization|UTHORIZATION)["\'\\\\]{0,4}\\s{0,3}[:=]\\s{0,3}["\'\\\\]{0,4}(?:[Bb]asic|[Tt]oken|[Dd]igest|[Aa]pi[Kk]ey|[Bb]earer|BEARER|BASIC)\\s{1,3}(?<secret>[A-Za-z0-9][A-Za-z0-9._~+/-]{5,4000}={0,2})',
  ),
  // Each service has a scheme of its own, or none (`SSWS`, `GenieKey`, `Negotiate`, `Token token=`): what looks random there is one.
  form(
    'authorization-header',
    'uthorization UTHORIZATION',
    '(?<=[Aa])(?:uthorization|UTHORIZATION)["\'\\\\]{0,4}\\s{0,3}[:=,]\\s{0,3}["\'\\\\]{0,4}(?:[A-Za-z][A-Za-z0-9_-]{0,20}\\s{1,3})?(?:[a-z_]{2,12}=["\'\\\\]{0,4})?(?<secret>[A-Za-z0-9._~+/-]{16,4000}={0,2})',
    { random: true },
  ),
  // Clouds
  prefixed('aws-access-key-id', 'AKIA ASIA ABIA ACCA', `[A-Z2-7]{16}${end}`),
  prefixed('aws-bedrock-key', 'ABSK', `[A-Za-z0-9+/]{109,269}={0,2}`),
  form('google-api-key', 'AIza', '(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])'),
  prefixed('google-oauth', 'ya29.', '[A-Za-z0-9_.-]{20,500}'),
  prefixed('google-oauth', 'GOCSPX-', '[A-Za-z0-9_-]{20,60}'),
  form('google-oauth', '1//0', '(?<![A-Za-z0-9/._:-])1\\/\\/0[A-Za-z0-9_-]{30,250}', { random: true }),
  form(
    'azure-key',
    'AccountKey= SharedAccessKey= accountKey=',
    '(?:[Aa]ccountKey|SharedAccessKey)=(?<secret>[A-Za-z0-9+/]{40,100}={0,2})',
  ),
  form('azure-sas', 'sig=', '(?<=[?&;]|&amp;)sig=(?<secret>[A-Za-z0-9%+/]{30,120}={0,2})'),
  form(
    'azure-client-secret',
    'Q~',
    '(?<=(?<![A-Za-z0-9_~.-])(?<before>[A-Za-z0-9_~.-]{3}\\d))(?<secret>Q~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])',
  ),
  form(
    'azure-key',
    'AzCa ACDb AzSe JQQJ +ASt',
    '(?<=(?<before>[A-Za-z0-9+/]{30,80}))(?<secret>(?:AzCa|ACDb|AzSe|JQQJ|\\+ASt)[A-Za-z0-9+/]{4,12}={0,2})(?![A-Za-z0-9+/=])',
  ),
  form(
    'azure-devops-token',
    'AZDO',
    '(?<=(?<![A-Za-z0-9])(?<before>[A-Za-z0-9]{76}))(?<secret>AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])',
  ),
  prefixed('alibaba-key', 'LTAI', `[A-Za-z0-9]{16,26}${end}`, { random: true }),
  prefixed('digitalocean-token', 'dop_v1_ doo_v1_ dor_v1_', '[a-f0-9]{64}'),
  prefixed('heroku-key', 'HRKU-', '[A-Za-z0-9_-]{36,80}'),
  prefixed('cloudflare-token', 'cfat_ cfut_ cfk_', `[A-Za-z0-9]{48}${end}`),
  form('cloudflare-token', 'v1.0-', `${alone}v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}`),
  prefixed('vercel-token', 'vcp_ vci_ vca_ vcr_ vck_', `[A-Za-z0-9]{24,80}${end}`),
  prefixed('fly-token', 'fo1_ fm1r_ fm2_', '[A-Za-z0-9+/=_-]{40,500}'),
  prefixed('netlify-token', 'nfp_', '[A-Za-z0-9_-]{36,60}'),
  prefixed('render-key', 'rnd_', `[A-Za-z0-9]{28,40}${end}`, { random: true }),
  // Code and packages
  prefixed('github-token', 'ghp_ gho_ ghu_ ghs_ ghr_', '[A-Za-z0-9]{36,255}'),
  form('github-token', 'ghs_', `${alone}ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_.-]{40,2000}`),
  prefixed('github-token', 'github_pat_', '[A-Za-z0-9_]{40,255}'),
  prefixed(
    'gitlab-token',
    'glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glffct- glimt- glagent- gloas- glsoat- glwt-',
    '[A-Za-z0-9_.-]{20,300}',
  ),
  prefixed('gitlab-token', 'GR1348941', '[A-Za-z0-9_-]{20}'),
  prefixed('bitbucket-token', 'ATBB', '[A-Za-z0-9]{28,40}', { random: true }),
  prefixed('atlassian-token', 'ATATT3 ATCTT3', '[A-Za-z0-9_=-]{24,400}'),
  prefixed('npm-token', 'npm_', `[A-Za-z0-9]{36}${end}`),
  prefixed('pypi-token', 'pypi-AgE', '[A-Za-z0-9_-]{40,500}'),
  prefixed('rubygems-key', 'rubygems_', '[a-f0-9]{48}'),
  prefixed('docker-token', 'dckr_pat_ dckr_oat_', '[A-Za-z0-9_-]{20,80}'),
  prefixed('docker-token', 'SWMTKN-1-', `[a-z0-9]{40,60}-[a-z0-9]{20,30}${end}`),
  prefixed('docker-token', 'SWMKEY-1-', '[A-Za-z0-9+/]{43}={0,2}'),
  // Of `config.json`, of `.dockerconfigjson`, of podman's `auth.json`.
  form(
    'docker-login',
    'auth" auth\\ auth\' auth:',
    '(?<![A-Za-z0-9_-])auth\\\\{0,3}["\']?\\s{0,4}:\\s{0,4}\\\\{0,3}["\']?(?<secret>[A-Za-z0-9+/]{6,4000}={0,2})(?![A-Za-z0-9+/=])',
    { login: true },
  ),
  prefixed('nuget-key', 'oy2', `[a-z0-9]{43}${end}`),
  prefixed('crates-token', 'cio', `[A-Za-z0-9]{32}${end}`, { random: true }),
  prefixed('clojars-token', 'CLOJARS_', '[a-z0-9]{60}'),
  prefixed('jfrog-key', 'AKCp', `[A-Za-z0-9]{60,75}${end}`),
  prefixed('sonar-token', 'squ_ sqp_ sqa_', '[a-z0-9]{40}'),
  prefixed('circleci-token', 'CCIPAT_ CCIPRJ_', '[A-Za-z0-9]{16,30}_[a-f0-9]{40}'),
  prefixed('buildkite-token', 'bkua_ bkat_', '[a-z0-9]{40}'),
  prefixed('codecov-or-prefect-key', 'pnu_ pnb_', '[A-Za-z0-9]{36}'),
  prefixed('pulumi-token', 'pul-', '[a-f0-9]{40}'),
  prefixed('sourcegraph-token', 'sgp_', `(?:(?:[A-Fa-f0-9]{16}|local)_)?[A-Fa-f0-9]{40}${end}`),
  prefixed('harness-token', 'pat. sat.', `[A-Za-z0-9_-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}${end}`),
  form('terraform-token', '.atlasv1.', '(?<=(?<before>[A-Za-z0-9]{14}))(?<secret>\\.atlasv1\\.[A-Za-z0-9_=-]{60,70})'),
  // Messages
  prefixed(
    'slack-token',
    'xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe. xapp-',
    '(?=[A-Za-z%.-]{0,40}\\d)[A-Za-z0-9%.-]{10,300}',
  ),
  form(
    'slack-webhook',
    'hooks.slack.com/ hooks.slack-gov.com/',
    'hooks\\.slack(?:-gov)?\\.com\\/(?:services|workflows|triggers)\\/(?<secret>[A-Za-z0-9/_-]{16,200})',
  ),
  form(
    'discord-webhook',
    '/api/webhooks/',
    '(?<=discord(?:app)?\\.com)\\/api\\/webhooks\\/\\d{5,30}\\/(?<secret>[A-Za-z0-9_-]{30,120})',
  ),
  form(
    'discord-token',
    '.G .X .Y',
    '(?<=(?<![A-Za-z0-9_.-])(?<before>[MNO][A-Za-z0-9_-]{23,27}))(?<secret>\\.[GXY][A-Za-z0-9_-]{5}\\.[A-Za-z0-9_-]{27,38})(?![A-Za-z0-9_.-])',
  ),
  form(
    'teams-webhook',
    '.webhook.office.com/',
    '\\.webhook\\.office\\.com\\/webhookb2\\/(?<secret>[A-Za-z0-9@/-]{60,200})',
  ),
  form(
    'telegram-token',
    ':AA',
    '(?<=(?<![A-Za-z0-9:.])(?<before>\\d{8,10}))(?<secret>:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])',
  ),
  prefixed('twilio-key', 'SK', `[a-f0-9]{32}${end}`),
  prefixed('sendgrid-key', 'SG.', '[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,64}'),
  prefixed('mailgun-key', 'key-', `[a-f0-9]{32}${end}`),
  form('mailchimp-key', '-us', `(?<=(?<![A-Za-z0-9])(?<before>[a-f0-9]{32}))(?<secret>-us\\d{1,2})${end}`),
  prefixed('sendinblue-key', 'xkeysib- xsmtpsib-', '[a-f0-9]{64}-[A-Za-z0-9]{16}'),
  prefixed('resend-key', 're_', `[A-Za-z0-9]{8,12}_[A-Za-z0-9]{20,28}${end}`, { random: true }),
  // Money
  prefixed('stripe-key', 'sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_', `[A-Za-z0-9]{24,255}`),
  prefixed('stripe-key', 'sk_live_ sk_test_ rk_live_ rk_test_', `[A-Za-z0-9]{16,23}${end}`, { random: true }),
  prefixed('stripe-webhook-secret', 'whsec_', '[A-Za-z0-9+/=]{24,200}'),
  prefixed('square-token', 'sq0atp- sq0csp- EAAA', `[A-Za-z0-9_-]{22,60}`, { random: true }),
  prefixed('shopify-token', 'shpat_ shpca_ shppa_ shpss_', '[A-Za-z0-9]{32,40}'),
  form('paypal-token', 'access_token$', 'access_token\\$(?:production|sandbox)\\$[a-z0-9]{16}\\$[a-f0-9]{32}'),
  prefixed('plaid-token', 'access-sandbox- access-development- access-production-', '[a-f0-9]{8}-[a-f0-9-]{27}'),
  prefixed('flutterwave-key', 'FLWSECK_TEST- FLWSECK-', '[A-Za-z0-9-]{12,50}'),
  // Models
  prefixed('anthropic-key', 'sk-ant-', '(?:api|admin|oat|ort|sid)\\d\\d-[A-Za-z0-9_-]{60,200}'),
  prefixed('openai-key', 'sk-proj- sk-svcacct- sk-admin- sk-None-', '[A-Za-z0-9_-]{20,300}', { random: true }),
  prefixed('sk-key', 'sk-', '(?!ant-)[A-Za-z0-9_-]{20,300}', { random: true }),
  prefixed('huggingface-token', 'hf_ api_org_', `[A-Za-z]{34}${end}`),
  prefixed('huggingface-token', 'hf_ api_org_', `[A-Za-z0-9]{34,40}${end}`, { random: true }),
  prefixed('groq-key', 'gsk_', '[A-Za-z0-9]{52}(?![A-Za-z0-9_-])'),
  prefixed(
    'model-provider-key',
    'xai- pplx- r8_ fw_ nvapi- tgp_v1_ csk- lsv2_pt_ lsv2_sk_ jina_',
    '[A-Za-z0-9_-]{24,200}',
    {
      random: true,
    },
  ),
  prefixed('wandb-key', 'wandb_v1_', '[A-Za-z0-9_]{40,120}'),
  // Operations
  prefixed('vault-token', 'hvs. hvb. hvr.', '[A-Za-z0-9_-]{20,400}'),
  form('vault-token', 's.', '(?<![A-Za-z0-9_./-])s\\.[A-Za-z0-9]{24}(?![A-Za-z0-9_(.])', { random: true }),
  prefixed('databricks-token', 'dapi', `[a-fA-F0-9]{32}(?:-\\d)?${end}`),
  prefixed('grafana-token', 'glsa_ glc_', '[A-Za-z0-9+/=_-]{32,400}'),
  form('grafana-key', 'eyJrIjoi', `${alone}eyJrIjoi[A-Za-z0-9]{60,400}={0,2}`),
  prefixed('tailscale-key', 'tskey-', '(?:[a-z]{2,12}-)?[A-Za-z0-9]{5,40}-[A-Za-z0-9]{10,80}'),
  prefixed('new-relic-key', 'NRAK- NRJS- NRII- NRRA-', '[A-Za-z0-9_-]{19,60}'),
  prefixed('sentry-token', 'sntrys_ sntryu_', '[A-Za-z0-9+/=_-]{40,400}'),
  form(
    'sentry-dsn',
    '.ingest.',
    '(?<=https:\\/\\/(?<before>[a-f0-9]{32}:[a-f0-9]{32}@o\\d{1,12}))(?<secret>\\.ingest\\.)',
  ),
  prefixed('dynatrace-token', 'dt0c01. dt0s01. dt0s16.', '[A-Z0-9]{24}\\.[A-Z0-9]{64}'),
  prefixed('doppler-token', 'dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.', '[A-Za-z0-9._-]{40,80}'),
  form('1password-token', 'ops_eyJ', `${alone}ops_eyJ[A-Za-z0-9_-]{60,8000}={0,2}`),
  form(
    '1password-secret-key',
    'A3-',
    `${alone}A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}${end}`,
  ),
  form('age-key', 'AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-1[A-Z0-9]{58}'),
  prefixed('planetscale-token', 'pscale_tkn_ pscale_pw_ pscale_oauth_', '[A-Za-z0-9=._-]{32,64}'),
  prefixed('supabase-key', 'sbp_ sb_secret_', '[A-Za-z0-9_]{28,60}'),
  form('infracost-key', 'ico-', `(?<![A-Za-z0-9.])ico-[A-Za-z0-9]{32}${end}`),
  // crypt(5): of /etc/shadow, of htpasswd and of databases of users
  form(
    'password-hash',
    '$1$ $5$ $6$ $apr1$',
    `\\$(?:1|5|6|apr1)\\$(?:rounds=\\d{1,9}\\$)?[A-Za-z0-9./]{1,16}\\$(?:[A-Za-z0-9./]{86}|[A-Za-z0-9./]{43}|[A-Za-z0-9./]{22})(?![A-Za-z0-9./])`,
  ),
  form('password-hash', '$y$ $gy$ $7$', '\\$(?:g?y|7)\\$[A-Za-z0-9./]{2,20}\\$[A-Za-z0-9./]{1,86}\\$[A-Za-z0-9./]{43}'),
  form('password-hash', '$2a$ $2b$ $2y$', '\\$2[aby]\\$\\d\\d\\$[A-Za-z0-9./]{53}'),
  form('putty-private-key', 'Private-Lines:', puttyLines),
  form('kubernetes-token', 'K10', `${alone}K10[a-f0-9]{64}::[a-z]{1,20}:(?<secret>[A-Za-z0-9]{8,80})`),
  // Applications
  prefixed('linear-key', 'lin_api_ lin_oauth_', '[A-Za-z0-9]{32,80}'),
  prefixed('notion-token', 'ntn_', `\\d{11}[A-Za-z0-9]{35}${end}`),
  prefixed('notion-token', 'secret_', `[A-Za-z0-9]{43}${end}`),
  prefixed('postman-key', 'PMAK-', '[a-f0-9]{24}-[a-f0-9]{34}'),
  prefixed('figma-token', 'figd_ figo_ figu_ figr_', '[A-Za-z0-9_-]{36,80}'),
  prefixed('airtable-token', 'pat', '[A-Za-z0-9]{14}\\.[a-f0-9]{64}'),
  prefixed('contentful-token', 'CFPAT-', '[A-Za-z0-9_-]{43}'),
  prefixed('hubspot-key', 'pat-na1- pat-eu1- pat-na2-', '[a-f0-9]{8}-[a-f0-9-]{27}'),
  prefixed('typeform-token', 'tfp_', '[A-Za-z0-9_.=-]{40,80}'),
  prefixed('easypost-key', 'EZAK EZTK', `[A-Za-z0-9]{54}${end}`),
  prefixed('duffel-token', 'duffel_test_ duffel_live_', '[A-Za-z0-9_=-]{43}'),
  prefixed('frameio-token', 'fio-u-', '[A-Za-z0-9_=-]{64}'),
  prefixed('prefect-or-shippo-key', 'shippo_live_ shippo_test_', '[a-f0-9]{40}'),
  prefixed('mapbox-secret-token', 'sk.eyJ', '[A-Za-z0-9_-]{40,200}\\.[A-Za-z0-9_-]{20,60}'),
  prefixed('facebook-token', 'EAACEdEose0cBA EAAG EAAB EAAC', `[A-Za-z0-9]{60,300}${end}`),
  prefixed('facebook-token', 'EAA', `[A-Z][A-Za-z0-9]{80,400}${end}`, { random: true }),
  prefixed('openshift-token', 'sha256~', '[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])'),
  prefixed('intra-42-secret', 's-s4t2ud- s-s4t2af-', `[a-f0-9]{64}${end}`),
  prefixed('readme-key', 'rdme_', '[a-z0-9]{70}'),
  prefixed('scalingo-token', 'tk-us-', '[A-Za-z0-9_-]{48}'),
  prefixed('adobe-secret', 'p8e-', '[A-Za-z0-9]{32}'),
  prefixed('lob-key', 'live_ test_', `[a-f0-9]{35}${end}`),
];
