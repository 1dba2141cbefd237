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

/** What a visitor may give besides the bundle, read from files and text. */
async function givenWith({ fullLog, witnesses, since, consistency, inputs, sandbox }) {
  const kept = since.trim() && readCheckpoint(since.replaceAll("\r\n", "\n").replace(/\n*$/, "\n"), EARLIER);
  return {
    fullLog,
    sandbox,
    witnesses: readWitnesses(witnesses),
    earlier: kept ? { checkpoint: kept, proof: consistency.trim() ? readConsistency(consistency) : null } : null,
    inputs: inputs.length ? await sealedFiles(inputs) : null,
  };
}

/** The bytes of the three files of a sealed round. Throws Fault `file_unreadable`. */
async function sealedFiles(files) {
  const found = {};
  for (const name of Object.keys(SALTED_FILES)) {
    const file = files.find((one) => one.name === `${name}.tsv`);
    if (!file) throw new Fault("file_unreadable", `缺少原始文件 ${name}.tsv`, `${name}.tsv`);
    found[name] = await bytesOf(file, 0, file.size);
  }
  return found;
}

/** The report of a bundle or a receipt, in the shape of `rid1 verify --json`. */
async function reportOn(job) {
  const { file, text } = job;
  const began = performance.now();
  const kind = text === undefined ? "bundle" : "receipt";
  const report = { kind, passed: [], notes: [], facts: {}, places: [], checkpoint: null, fault: null };
  try {
    const pinned = job.key.trim() ? readKey(job.key.trim()) : null;
    if (kind === "bundle") {
      const given = { file, pinned, ...(await givenWith(job)) };
      Object.assign(report, await new Verification(given, tellProgress).run());
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
