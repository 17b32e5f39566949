'use strict';
// Job offers: a candidate accepts or declines one, or the employer withdraws it; whichever comes first is final.
//
// Planted: an offer is looked at, the decision goes into the journal on disk, and then the offer changes.
// Fixed: the same, one decision about an offer after the other.

const crypto = require('node:crypto');
const fs = require('node:fs/promises');
const { App, FIXED, Refusal, args, serve, text } = require('../kit/web.js');

const { port, journal } = args();
let made = 0;
const DECISIONS = { accept: 'accepted', decline: 'declined', withdraw: 'withdrawn' };

function makeState() {
  return { offers: new Map(), queues: new Map() }; // by id
}

function offerOf({ params, state }) {
  const offer = state.offers.get(params.id);
  if (!offer) throw new Refusal(404, 'no such offer');
  return offer;
}

/** What `work` gives, after all that was queued for this offer before. */
function inTurn(state, id, work) {
  if (!FIXED) return work();
  const done = (state.queues.get(id) ?? Promise.resolve()).then(work);
  state.queues.set(id, done.catch(() => {}));
  return done;
}

/** On the disk before anyone is told: a decision is a legal act. */
async function journalled(line) {
  if (!journal) return;
  const file = await fs.open(journal, 'a');
  try {
    await file.appendFile(`${JSON.stringify(line)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A number such as 'L26-04177-12', which no two offers have. */
function fileNumber() {
  made += 1;
  return `L26-${String(crypto.randomInt(100_000)).padStart(5, '0')}-${made}`;
}

function make({ body, state }) {
  const salary = body.salary;
  if (!Number.isFinite(salary) || salary <= 0 || salary > 1e6) throw new Refusal(422, 'salary: expected 1 to 1000000');
  const offer = {
    id: fileNumber(),
    position: text(body, 'position'),
    salary,
    remote: body.remote === true,
    status: 'open',
    decided: null,
  };
  state.offers.set(offer.id, offer);
  return [201, { ...offer }, { location: `/offers/${offer.id}` }];
}

function change(request) {
  const offer = offerOf(request);
  const { salary } = request.body;
  if (!Number.isFinite(salary) || salary <= 0 || salary > 1e6) throw new Refusal(422, 'salary: expected 1 to 1000000');
  if (offer.status !== 'open') throw new Refusal(409, `the offer is ${offer.status}`, { status: offer.status });
  offer.salary = salary;
  return [200, { ...offer }];
}

function decide(decision) {
  return (request) => {
    const offer = offerOf(request);
    return inTurn(request.state, offer.id, async () => {
      if (offer.status !== 'open') throw new Refusal(409, `the offer is ${offer.status}`, { status: offer.status });
      await journalled({ offer: offer.id, decision });
      offer.status = DECISIONS[decision];
      offer.decided = { by: decision === 'withdraw' ? 'employer' : 'candidate', note: request.body.note ?? null };
      return [200, { ...offer }];
    });
  };
}

function listed({ query, state }) {
  const found = [...state.offers.values()].filter((offer) => !query.status || offer.status === query.status);
  return [200, found.map(({ id, position, status }) => ({ id, position, status }))];
}

serve(new App(makeState, {
  'POST /offers': make,
  'GET /offers': listed,
  'GET /offers/{id}': (request) => [200, { ...offerOf(request) }],
  'PATCH /offers/{id}': change,
  'POST /offers/{id}/accept': decide('accept'),
  'POST /offers/{id}/decline': decide('decline'),
  'POST /offers/{id}/withdraw': decide('withdraw'),
}), port);
