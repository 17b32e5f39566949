'use strict';
// Household budgets in envelopes: money is moved between them, and every move is noted in a ledger kept by a partner.
//
// Planted: the first envelope is written before the ledger is asked, the second after it: a ledger that does not answer
// leaves the money in neither. Fixed: both are written after it, at once.

const crypto = require('node:crypto');
const { Unreachable, ask, traced } = require('../kit/partner.js');
const { App, FIXED, Refusal, args, serve, text } = require('../kit/web.js');

const LEDGER_MS = 500;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford's
const { port, partner } = args();

/** An id such as '01JB2X0M3V7Q9K5R8T6W4Y1Z2A'. */
function ulid() {
  const time = [...Array(10).keys()].map((at) => ALPHABET[Math.floor(Date.now() / 32 ** (9 - at)) % 32]);
  return [...time, ...[...crypto.randomBytes(16)].map((byte) => ALPHABET[byte % 32])].join('');
}

function cents(value, name) {
  if (typeof value !== 'string' || !/^\d{1,7}\.\d\d$/.test(value)) {
    throw new Refusal(422, `${name}: expected an amount such as "12.50"`);
  }
  return Math.round(Number(value) * 100);
}

const money = (amount) => (amount / 100).toFixed(2);

const shown = (envelope) => ({ id: envelope.id, label: envelope.label, amount: money(envelope.cents) });

function opened(label, amount) {
  return { id: ulid(), label, cents: amount };
}

function makeState() {
  return { households: new Map() }; // by token
}

function household({ headers, state }) {
  const found = state.households.get((headers.authorization ?? '').replace(/^Bearer /, ''));
  if (!found) throw new Refusal(401, 'whose household?');
  return found;
}

function envelopeOf(found, id) {
  const envelope = found.envelopes.find((each) => each.id === id);
  if (!envelope) throw new Refusal(404, 'no such envelope');
  return envelope;
}

function moveIn({ body, state }) {
  if (!Array.isArray(body.envelopes) || body.envelopes.length < 2 || body.envelopes.length > 8) {
    throw new Refusal(422, 'envelopes: expected 2 to 8');
  }
  const envelopes = body.envelopes.map((each) => opened(text(each ?? {}, 'label', 40), cents(each.amount, 'amount')));
  const token = `hh_${crypto.randomBytes(20).toString('hex')}`;
  const found = { id: ulid(), envelopes, moves: 0 };
  state.households.set(token, found);
  return [201, { id: found.id, token, envelopes: envelopes.map(shown) }];
}

function overview(request) {
  const { id, envelopes, moves } = household(request);
  return [200, { id, moves, envelopes: envelopes.map(shown) }];
}

function one(request) {
  return [200, shown(envelopeOf(household(request), request.params.id))];
}

/** Notes the move in the ledger. Throws Refusal (502) where the ledger does not say that it did. */
async function note(entry, headers) {
  try {
    const { status } = await ask('POST', `${partner}/entries`, { payload: entry, headers: traced(headers), timeoutMs: LEDGER_MS });
    if (status === 201) return;
    console.log(`WARN the ledger answered ${status} for ${entry.id}`);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    console.log(`WARN ${error.message}`);
  }
  throw new Refusal(502, 'the ledger does not answer');
}

function take(envelope, amount) {
  if (envelope.cents < amount) throw new Refusal(409, `${envelope.label} has only ${money(envelope.cents)}`);
  envelope.cents -= amount;
}

async function move(request) {
  const found = household(request);
  const from = envelopeOf(found, request.body.from);
  const to = envelopeOf(found, request.body.to);
  const amount = cents(request.body.amount, 'amount');
  if (from === to || amount === 0) throw new Refusal(422, 'nothing would move');
  const entry = { id: ulid(), from: from.id, to: to.id, cents: amount };
  if (!FIXED) take(from, amount);
  await note(entry, request.headers);
  if (FIXED) take(from, amount);
  to.cents += amount;
  found.moves += 1;
  return [201, { id: entry.id, amount: money(amount), from: shown(from), to: shown(to) }];
}

serve(new App(makeState, {
  'POST /households': moveIn,
  'GET /household': overview,
  'GET /envelopes/{id}': one,
  'POST /moves': move,
}), port);
