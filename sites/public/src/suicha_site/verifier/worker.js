/* The worker: takes one file or text, answers with progress and one report. Nothing leaves it but these messages. */

const PROGRESS_PAUSE = 50; // milliseconds: more messages would only slow the work down

let toldAt = 0;
let toldStep = "";

function tellProgress(step, done, total) {
  const now = performance.now();
  if (step === toldStep && now - toldAt < PROGRESS_PAUSE) return;
  toldAt = now;
  toldStep = step;
  postMessage({ progress: { step, done, total } });
}

/** The report of a bundle or a receipt, in the shape of `rid1 verify --json`. */
async function reportOn({ file, text, fullLog, key }) {
  const began = performance.now();
  const kind = text === undefined ? "bundle" : "receipt";
  const report = { kind, passed: [], notes: [], facts: {}, places: [], fault: null };
  try {
    const pinned = key ? readKey(key.trim()) : null;
    if (kind === "bundle") {
      Object.assign(report, await new Verification({ file, fullLog, pinned }, tellProgress).run());
    } else {
      const { id, manifest, digest, ticket, places, notes } = await checkReceipt(text, pinned);
      const { drawId, attempt, suite } = manifest;
      const facts = { id, draw_id: drawId, attempt, suite: suite.name, ticket, manifest_hash: digest };
      Object.assign(report, { places, notes, facts });
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    report.fault = error;
  }
  const { fault } = report;
  report.fault = fault && { code: fault.code, zh: fault.text, where: fault.where };
  report.notes = report.notes.map(([code, zh]) => ({ code, zh }));
  return { ...report, ok: fault === null, milliseconds: Math.round(performance.now() - began) };
}

self.onmessage = async ({ data }) => {
  try {
    postMessage({ report: await reportOn(data) });
  } catch (error) {
    postMessage({ failure: String(error) });
  }
};
