/* The receipt of one enterprise (RID/1 §9), checked alone: its lists, grades and ticket, and whether it was drawn. */

const RECEIPT = "receipt";

/** Checks a receipt and returns { id, manifest, digest, ticket, places, notes };
    a place is { list, stratum, rank, mark (S, R or -), n, k }. */
async function checkReceipt(text, pinned) {
  const f = new Fields(readJson(text, RECEIPT), RECEIPT, "receipt_field");
  f.choice("v", "RID/1-receipt");
  const id = f.id("id");
  const data = utf8.encode(f.text("manifest"));
  const manifest = readManifest(data);
  refuseSandbox(manifest);
  const digest = manifestHash(manifest.suite, data);
  const notes = await checkReceiptLog(f.part("log"), digest, manifest, pinned);
  const given = readReveals(f.take("reveals"), RECEIPT);
  const key = keyOf(manifest.suite, "target", seedOf(manifest, given, digest));
  if (f.hex("key_target") !== key) throw new Fault("receipt_key", "K_target 与种子不符", RECEIPT);
  const places = f.parts("places").map((place) => checkPlace(place, manifest, id, key));
  f.closed();
  return { id, manifest, digest, ticket: ticketOf(manifest.suite, key, id), places, notes };
}

async function checkReceiptLog(f, digest, manifest, pinned) {
  const entry = readEntry(f.text("entry"), RECEIPT);
  const path = f.path("path");
  const checkpoint = readCheckpoint(f.text("checkpoint"));
  f.closed();
  const notes = await checkSignature(checkpoint, pinned);
  const { event, drawId, attempt, body } = entry;
  const named = event === "manifest" && drawId === manifest.drawId && attempt === manifest.attempt;
  const leaf = leafHash(SUITES.S256, entry.bytes);
  const held = inclusionHolds(SUITES.S256, leaf, entry.index, checkpoint.size, path, checkpoint.root);
  if (!named || body.manifest_hash !== digest || !held) {
    throw new Fault("receipt_log", "清单文件未登记在抽取日志中", RECEIPT);
  }
  return notes;
}

function checkPlace(f, manifest, id, key) {
  const { suite, inputs, lists } = manifest;
  const line = f.text("line");
  const [list, object, stratum, unit] = line.split("\t");
  const leaf = leafHash(suite, utf8.encode(line));
  const [index, path] = [f.integer("index", 0), f.path("path")];
  const held = inclusionHolds(suite, leaf, index, inputs.pool.size, path, unhex(inputs.pool.root));
  const st = lists.find((one) => one.code === list)?.strata.find((one) => one.code === stratum);
  if (!held || !st || unit === undefined || object !== id) {
    throw new Fault("receipt_path", "对象库记录与默克尔根不符", RECEIPT);
  }
  const ticket = ticketOf(suite, key, id);
  if (f.hex("ticket") !== ticket) throw new Fault("receipt_ticket", "签号与 K_target 不符", RECEIPT);
  const rank = f.take("rank");
  const [cutoff, cutoffSubstitutes] = ["cutoff", "cutoff_substitutes"].map((name) => f.orNull(name, f.hex));
  f.closed();
  const within = (limit) => limit !== null && ticket <= limit;
  const mark = within(cutoff) ? "S" : within(cutoffSubstitutes) ? "R" : "-";
  const [least, most] = mark === "S" ? [1, st.k] : [st.k + 1, st.k + st.m];
  const fits = mark === "-" ? rank === null : Number.isInteger(rank) && rank >= least && rank <= most;
  if (!fits || (cutoff === null) !== (st.k === 0) || (cutoffSubstitutes === null) !== (st.m === 0)) {
    throw new Fault("receipt_rank", "名次与截止签号不符", RECEIPT);
  }
  return { list, stratum, rank, mark, n: st.n, k: st.k };
}
