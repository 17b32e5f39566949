'use strict';
// A city archive's reading room: members sign in, read and fill boxes. Who may do what, a partner knows.
//
// Planted: a policy service that gives no answer has refused nothing, and what was not refused is done.
// Fixed: what was not allowed is not done.

const crypto = require('node:crypto');
const { Unreachable, ask, traced } = require('../kit/partner.js');
const { App, FIXED, Refusal, args, cookie, serve, text } = require('../kit/web.js');

const POLICY_MS = 350;
const { port, partner } = args();

// Fonds and box; those of the notaries and of the police are sealed to guests.
const BOXES = {
  'fonds-0012:box-03': 'Parish registers, 1680–1711',
  'fonds-0012:box-04': 'Parish registers, 1711–1736',
  'fonds-0340:box-01': 'Plans of the canal works',
  'fonds-0340:box-17': 'Photographs, glass negatives',
  'fonds-0901:box-02': "Notary De Wit: wills & codicils, A–K",
  'fonds-0901:box-05': 'Notary De Wit: wills & codicils, L–Z',
  'fonds-1177:box-09': 'Police: registers of aliens, 1939–1946',
};
const CARDS = /^(guest|reader|archivist)-[a-z]{2,12}$/;

function makeState() {
  const boxes = Object.entries(BOXES).map(([ref, title]) => [ref, { ref, title, folders: [] }]);
  return { boxes: new Map(boxes), members: new Map() }; // by reference; by desk pass
}

function signIn({ body, state }) {
  const card = text(body, 'visitor', 40);
  if (!CARDS.test(card)) throw new Refusal(422, 'visitor: no such card');
  const pass = crypto.randomUUID();
  state.members.set(pass, card);
  return [201, { visitor: card, until: 'closing time' }, { 'set-cookie': `desk_session=${pass}; Path=/; SameSite=Strict` }];
}

function member({ headers, state }) {
  const card = state.members.get(cookie(headers, 'desk_session'));
  if (!card) throw new Refusal(401, 'sign in at the desk');
  return card;
}

/** The policy service's verdict, such as {allowed: false, why: 'sealed'}. */
async function verdictOn(card, action, ref, headers) {
  const query = new URLSearchParams({ card, action, ref });
  const { json } = await ask('GET', `${partner}/verdict?${query}`, { headers: traced(headers), timeoutMs: POLICY_MS });
  return json ?? {};
}

/** The box, once it is known what the policy says of it. Throws Refusal (401, 403, 404, 503). */
async function boxFor(action, request) {
  const card = member(request);
  const box = request.state.boxes.get(request.params.ref);
  if (!box) throw new Refusal(404, 'no such box');
  let verdict = {};
  try {
    verdict = await verdictOn(card, action, box.ref, request.headers);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    console.log(`WARN the policy service did not answer about ${action} ${box.ref}: ${error.message}`);
  }
  if (verdict.allowed === false) throw new Refusal(403, `${verdict.why}: ${action} is not for ${card}`);
  if (FIXED && verdict.allowed !== true) throw new Refusal(503, 'nobody can say whether you may; ask again later');
  return box;
}

function catalogue(request) {
  member(request);
  return [200, { boxes: [...request.state.boxes.values()].map(({ ref, title }) => ({ ref, title })) }];
}

async function open(request) {
  const box = await boxFor('read', request);
  return [200, { ...box, folders: [...box.folders] }];
}

async function file(request) {
  const title = text(request.body, 'title', 120);
  const box = await boxFor('write', request);
  const folder = { folder: crypto.randomUUID(), title, leaves: Number.isInteger(request.body.leaves) ? request.body.leaves : 1 };
  box.folders.push(folder);
  return [201, folder];
}

async function discard(request) {
  const box = await boxFor('purge', request);
  const at = box.folders.findIndex(({ folder }) => folder === request.params.folder);
  if (at < 0) throw new Refusal(404, 'no such folder');
  box.folders.splice(at, 1);
  return [204, null];
}

serve(new App(makeState, {
  'POST /desk': signIn,
  'GET /boxes': catalogue,
  'GET /boxes/{ref}': open,
  'POST /boxes/{ref}/folders': file,
  'DELETE /boxes/{ref}/folders/{folder}': discard,
}), port);
