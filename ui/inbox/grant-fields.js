/**
 * The fields in which a person says what a grant is to cover: filled from the request as it is shown, and read as what the gateway
 * takes. Nothing is judged here; what the terms allow, the gateway says.
 */
import { element, visible } from './page.js';

const risks = ['low', 'medium', 'high', 'critical'];
const labels = ['operator', 'untrusted', 'secret'];
const usualMinutes = 60;

const which = /** @type {HTMLSelectElement} */ (element('grant-which'));
const uses = /** @type {HTMLInputElement} */ (element('grant-uses'));
const minutes = /** @type {HTMLInputElement} */ (element('grant-minutes'));
const scope = /** @type {HTMLSelectElement} */ (element('grant-scope'));
const risk = /** @type {HTMLSelectElement} */ (element('grant-risk'));

/**
 * @param {import('./grant.js').Grantable} one
 * @param {NonNullable<import('./grant.js').Grantable['approvers']['grants']>} cap
 * @param {Record<string, unknown>} args of the request
 */
export function fillFields(one, cap, args) {
  element('grant-arguments').replaceChildren(
    ...Object.keys(args)
      .toSorted()
      .map((name) => argumentRow(name, args[name])),
  );
  which.replaceChildren(
    ...one.grants.map(({ grantId, grantDigest, proposedBy }) =>
      option(grantDigest, `${grantId}, as ${visible(proposedBy)} proposed it`),
    ),
    option('', 'A new one'),
  );
  element('grant-which-section').hidden = one.grants.length === 0;
  showChosen();
  uses.max = String(cap.uses);
  uses.value = '1';
  minutes.max = String(Math.floor(cap.ttlMs / 60_000));
  minutes.value = String(Math.min(usualMinutes, Math.max(1, Math.floor(cap.ttlMs / 60_000))));
  scope.replaceChildren(
    option('run', 'In this run'),
    ...(cap.scope === 'agent' ? [option('agent', 'In every run of the agent')] : []),
  );
  const from = risks.indexOf(one.card.risk);
  risk.replaceChildren(...risks.slice(from, risks.indexOf(cap.risk) + 1).map((name) => option(name, name)));
  element('grant-labels').replaceChildren(...labels.map((name) => labelBox(name, one.card.labels.includes(name))));
  element('grant-most').textContent =
    `The terms allow at most ${cap.uses} uses within ${Math.floor(cap.ttlMs / 60_000)} minutes, up to risk ${cap.risk}.`;
}

/** One that was proposed is taken as it is. */
export function showChosen() {
  element('grant-new').hidden = which.value !== '';
}

/** What stands in the form. @throws {Error} where it is none */
export function readFields() {
  if (which.value !== '') return { sign: which.value };
  /** @type {Record<string, object>} */
  const patterns = {};
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (element('grant-arguments').querySelectorAll('.argument'))) {
    const name = row.dataset['name'] ?? '';
    const how = row.querySelector('select')?.value;
    const text = row.querySelector('input')?.value.trim() ?? '';
    if (how === 'like') patterns[name] = { like: [text] };
    if (how === 'one-of') patterns[name] = { oneOf: listOf(name, text) };
  }
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (element('grant-labels').querySelectorAll('input'));
  return {
    propose: {
      arguments: patterns,
      uses: whole(uses, 'how many calls'),
      ttlMs: whole(minutes, 'how many minutes') * 60_000,
      scope: scope.value,
      risk: risk.value,
      labels: [...boxes].flatMap((box) => (box.checked ? [box.value] : [])),
    },
  };
}

/** @param {string} name @param {string} text */
function listOf(name, text) {
  try {
    /** @type {unknown} */
    const values = JSON.parse(text);
    if (Array.isArray(values)) return /** @type {unknown[]} */ (values);
  } catch {
    // Said below.
  }
  throw new Error(`What ${visible(name)} may be is no list: write ["a", "b"].`);
}

/** @param {HTMLInputElement} field @param {string} what */
function whole(field, what) {
  if (/^[1-9][0-9]{0,6}$/.test(field.value)) return Number(field.value);
  throw new Error(`Say ${what}: a whole number from 1.`);
}

/** @param {string} name @param {unknown} value */
function argumentRow(name, value) {
  const row = document.createElement('div');
  row.className = 'argument';
  row.dataset['name'] = name;
  const how = document.createElement('select');
  const label = document.createElement('label');
  label.textContent = `Argument ${visible(name)}`;
  how.setAttribute('aria-label', `How argument ${visible(name)} may differ`);
  label.append(how);
  how.append(
    option('exactly', `is exactly ${visible(JSON.stringify(value)).slice(0, 200)}`),
    option('one-of', 'is one of'),
  );
  if (typeof value === 'string') how.append(option('like', 'is a text like'));
  const pattern = document.createElement('input');
  pattern.type = 'text';
  pattern.autocomplete = 'off';
  pattern.spellcheck = false;
  pattern.hidden = true;
  pattern.setAttribute('aria-label', `What argument ${visible(name)} may be`);
  how.addEventListener('input', () => {
    pattern.hidden = how.value === 'exactly';
    pattern.placeholder = how.value === 'like' ? 'web-*' : '["web-1", "web-2"]';
  });
  row.append(label, pattern);
  return row;
}

/** @param {string} name @param {boolean} ticked */
function labelBox(name, ticked) {
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.value = name;
  box.checked = ticked;
  label.append(box, ` ${name}`);
  return label;
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = document.createElement('option');
  made.value = value;
  made.textContent = text;
  return made;
}
