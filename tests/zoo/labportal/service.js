'use strict';
// A laboratory's portal: patients hand in samples and read their report, with the ranges that a partner calls normal.
//
// Planted: the patient of a request is kept in one variable of the process, and read again after an await.
// Fixed (ZOO_FIXED=1): in one for each request's chain of awaits.

const crypto = require('node:crypto');
const { AsyncLocalStorage } = require('node:async_hooks');
const { Unreachable, ask, traced } = require('../kit/partner.js');
const { App, FIXED, Refusal, args, serve, text } = require('../kit/web.js');

const RANGES_MS = 800;
const PANELS = { lipids: ['LDL', 'HDL', 'triglycerides'], thyroid: ['TSH', 'fT4'], iron: ['ferritin', 'transferrin'] };

class OneForAll {
  run(value, work) {
    this.value = value;
    return work();
  }

  getStore() {
    return this.value;
  }
}

const current = FIXED ? new AsyncLocalStorage() : new OneForAll();
const { port, partner } = args();

function makeState() {
  return { patients: new Map(), samples: new Map() }; // by token; by id
}

/** The handler with its patient as the current one. */
function signedIn(handler) {
  return (request) => {
    const patient = request.state.patients.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (!patient) throw new Refusal(401, 'sign up first');
    return current.run(patient, () => handler(request));
  };
}

function signUp({ body, state }) {
  const patient = {
    id: `P-${crypto.randomBytes(5).toString('hex')}`,
    given_name: text(body, 'given_name'),
    born: body.born ?? null,
    allergies: Array.isArray(body.allergies) ? body.allergies.map(String) : [],
    samples: [],
  };
  const token = `pt.${crypto.randomBytes(6).toString('hex')}.${crypto.randomBytes(18).toString('hex')}`;
  state.patients.set(token, patient);
  return [201, { patient: patient.id, access_token: token }];
}

function measured(sample, analyte) {
  const drawn = crypto.createHash('sha256').update(`${sample}/${analyte}`).digest().readUInt16BE(0);
  return Math.round(drawn / 65.535) / 10;
}

function handIn({ body, state }) {
  const panel = text(body, 'panel');
  if (!Object.hasOwn(PANELS, panel)) throw new Refusal(422, `panel: expected one of ${Object.keys(PANELS).join(', ')}`);
  const id = `S-${crypto.randomBytes(6).toString('hex')}`;
  const results = PANELS[panel].map((analyte) => ({ analyte, value: measured(id, analyte) }));
  const sample = { id, panel, remark: body.remark ?? null, results };
  const patient = current.getStore();
  state.samples.set(id, { patient, sample });
  patient.samples.push(sample);
  return [201, sample];
}

function oneSample({ params, state }) {
  const found = state.samples.get(params.id);
  if (!found || found.patient !== current.getStore()) throw new Refusal(404, 'no such sample');
  return [200, found.sample];
}

/** What is normal for a panel; null where the partner does not answer: a report without it is better than none. */
async function rangesOf(panel, headers) {
  try {
    const { status, json } = await ask('GET', `${partner}/ranges/${panel}`, { headers: traced(headers), timeoutMs: RANGES_MS });
    return status === 200 ? json : null;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    console.log(`WARN no ranges: ${error.message}`);
    return null;
  }
}

async function report({ headers }) {
  const panels = new Set(['lipids', ...current.getStore().samples.map((sample) => sample.panel)]);
  const ranges = {};
  for (const panel of panels) ranges[panel] = await rangesOf(panel, headers);
  const { id, given_name, born, allergies, samples } = current.getStore();
  return [200, { patient: { id, given_name, born, allergies }, samples: [...samples], ranges }];
}

serve(new App(makeState, {
  'POST /patients': signUp,
  'POST /samples': signedIn(handIn),
  'GET /samples/{id}': signedIn(oneSample),
  'GET /report': signedIn(report),
}), port);
