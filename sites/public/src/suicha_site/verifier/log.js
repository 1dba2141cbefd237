/* The draw log (RID/1 §4, §8): entries, legal order of events, the attempts of one draw, the whole exported log. */

const ENTRIES = "log/entries.jsonl";
const PROOFS = "log/proofs.json";
const EMBARGOED = "embargoed";
const MISSING = "-";

const SECRETS = { committed: "revealed", revealed: "revealed" };
const VOIDABLE = ["frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed"];
/* event → state before → state after; what is not here is refused. */
const TRANSITIONS = {
  created: { none: "draft" },
  frozen: { draft: "frozen" },
  witnessed: { frozen: "frozen" },
  commitment: { frozen: "frozen" },
  manifest: { frozen: "committed" },
  reveal: { ...SECRETS, completed: "completed" }, // after completion: an embargoed secret is disclosed
  dice: SECRETS,
  beacon: SECRETS,
  seeded: { revealed: "seeded" },
  drawn: { seeded: "drawn" },
  lots: { frozen: "drawn" }, // drawn by hand: no seed, nothing to verify
  signed: { drawn: "signed", signed: "signed" },
  completed: { signed: "completed" },
  dropout: { completed: "completed" }, // under fresh_beacon: names the beacon that will decide who steps in
  substitution: { completed: "completed" },
  void: Object.fromEntries(VOIDABLE.map((state) => [state, "void"])),
};

/* What people call states and events. */
const STATE_WORDS = {
  none: "尚未创建", draft: "已创建", frozen: "名单已冻结", committed: "清单文件已登记",
  revealed: "揭示已完成", seeded: "种子已生成", drawn: "已抽取", signed: "已签署", completed: "已完成",
  void: "已作废",
};
const EVENT_WORDS = {
  created: "创建", frozen: "冻结名单", witnessed: "见证冻结名单", commitment: "承诺", manifest: "清单文件",
  reveal: "揭示", dice: "骰子", beacon: "信标", seeded: "生成种子", drawn: "抽取结果", lots: "人工抽签结果",
  signed: "签署结果", completed: "完成", void: "作废", dropout: "退出", substitution: "递补",
};

/* The fields that each event must have; created, frozen and completed may say what the platform likes. */
const BODIES = {
  created: null,
  frozen: null,
  completed: null,
  witnessed: (f) => [f.hex("inputs_hash"), f.name("role"), f.text("by")],
  commitment: (f) => [f.name("name"), f.hex("c")],
  manifest: (f) => [f.hex("manifest_hash")],
  reveal: (f) => [f.name("name"), f.text("value")],
  dice: (f) => {
    f.text("value");
    if (f.text("typed_by") === f.text("confirmed_by")) f.refuse("confirmed_by", "骰子须由另一人确认");
  },
  beacon: (f) => [f.text("value"), f.text("signature")],
  seeded: (f) => [f.text("seed")],
  drawn: (f) => [f.hex("result_hash"), f.hex("match_hash")],
  lots: (f) => {
    ["result_hash", "match_hash", "content_hash", "evidence"].forEach((name) => f.hex(name));
    f.choice("method", "slips", "balls");
    f.text("place");
    f.time("held_at");
    f.texts("present");
    if (f.text("typed_by") === f.text("confirmed_by")) f.refuse("confirmed_by", "人工抽签的结果须由另一人确认");
  },
  signed: (f) => {
    f.hex("result_hash");
    f.text("by");
    if (f.has("role")) f.name("role");
  },
  void: (f) => [f.text("reason"), f.hex("evidence"), twoPeople(f)],
  dropout: (f) => [
    f.id("list"), f.id("stratum"), f.id("out"), f.integer("round", 1), f.text("reason"), f.hex("evidence"), twoPeople(f),
  ],
  substitution: (f) => [f.choice("kind", "object", "inspector"), f.text("reason"), f.hex("evidence"), twoPeople(f)],
};

function twoPeople(f) {
  if (new Set(f.texts("by")).size !== 2) f.refuse("by", "须由两名不同的人员批准");
}

/** Reads one entry. Throws Fault `json_invalid`, `json_not_canonical` or `log_entry`. */
function readEntry(line, where) {
  const f = new Fields(readCanonical(line, where), where, "log_entry");
  f.choice("v", "RID/1-log");
  const event = f.choice("event", ...Object.keys(TRANSITIONS));
  const body = f.take("body");
  const fields = new Fields(body, where, "log_entry");
  BODIES[event]?.(fields);
  if (BODIES[event] && event !== "substitution") fields.closed();
  return f.closed({
    index: f.integer("index", 0),
    time: f.time("time"),
    drawId: f.id("draw_id"),
    attempt: f.integer("attempt", 1),
    seq: f.integer("seq", 1),
    event,
    body,
    prev: f.orNull("prev", f.hex),
    line,
    bytes: utf8.encode(line),
  });
}

/** Reads entries, one per line. */
function readEntries(data, where) {
  const text = textOf(data);
  if (text === null) throw new Fault("json_invalid", "不是 UTF-8", where);
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, at) => readEntry(line, `${where}:${at + 1}`));
}

/** The inclusion paths of log/proofs.json, one per entry in order. Throws Fault `log_proof`. */
function readPaths(data, entries) {
  const top = new Fields(readJson(data, PROOFS), PROOFS, "log_proof");
  const proofs = top.parts("proofs");
  if (proofs.length !== entries.length) top.refuse("proofs", "证明数与日志条数不符");
  return proofs.map((proof, at) => {
    if (proof.integer("index", 0) !== entries[at].index) proof.refuse("index", "证明的序号不符");
    return proof.path("path");
  });
}

/** The attempts of one draw from all its entries in order; every link and every transition is checked. */
function history(entries) {
  const attempts = [];
  let before = null;
  for (const entry of entries) {
    const where = `log entry ${entry.index}`;
    checkAttempt(attempts.at(-1) ?? null, entry, where);
    checkLink(before, entry, where);
    if (attempts.at(-1)?.number !== entry.attempt) attempts.push(newAttempt(entry.attempt));
    apply(attempts.at(-1), entry, where);
    before = entry;
  }
  return attempts;
}

function newAttempt(number) {
  return {
    number, state: "none", commitments: new Map(), reveals: new Map(), disclosed: new Map(),
    manifest: null, dice: null, beacon: null, seeded: null, drawn: null, lots: null, void: null, signed: [], witnessed: [], dropouts: [], substitutions: [],
  };
}

function checkAttempt(current, entry, where) {
  const number = current?.number ?? 0;
  if (entry.attempt === number) return;
  if (entry.attempt !== number + 1 || (current && current.state !== "void")) {
    throw new Fault("attempt_hidden", `日志从第 ${number} 次跳到第 ${entry.attempt} 次抽取，中间没有作废记录`, where);
  }
}

function checkLink(before, entry, where) {
  const seq = before ? before.seq + 1 : 1;
  const prev = before ? hx(SUITES.S256, before.bytes) : null;
  const follows = !before || (entry.drawId === before.drawId && entry.index > before.index);
  if (entry.seq !== seq || entry.prev !== prev || !follows) {
    throw new Fault("log_chain", `抽取日志链断裂：序号 ${entry.seq}，应为 ${seq}`, where);
  }
  if (before && entry.time < before.time) {
    throw new Fault("log_time", `日志时间倒退：${before.time} 之后是 ${entry.time}`, where);
  }
}

function after(state, event, where) {
  const following = TRANSITIONS[event][state];
  if (following) return following;
  if (event === "manifest" && state !== "none" && state !== "draft") {
    throw new Fault("second_manifest", "同一次抽取出现了第二份清单文件", where);
  }
  throw new Fault("transition", `当前为“${STATE_WORDS[state]}”，不能记入“${EVENT_WORDS[event]}”`, where);
}

function apply(attempt, entry, where) {
  const { event, body } = entry;
  const stood = attempt.state;
  attempt.state = after(stood, event, where);
  const once = (again) => {
    if (again) throw new Fault("log_repeat", "同一事项记录了两次", where);
  };
  if (event === "commitment") {
    once(attempt.commitments.has(body.name));
    attempt.commitments.set(body.name, body.c);
  } else if (event === "reveal") {
    const kept = stood === "completed" ? attempt.disclosed : attempt.reveals;
    once(kept.has(body.name));
    kept.set(body.name, entry);
  } else if (event === "dice" || event === "beacon") {
    once(attempt[event] !== null);
    attempt[event] = entry;
  } else if (event === "signed" || event === "witnessed") {
    attempt[event].push(entry);
  } else if (event === "dropout" || event === "substitution") {
    attempt[`${event}s`].push(entry);
  } else {
    if (event === "lots" && attempt.commitments.size) {
      throw new Fault("transition", "已有承诺的抽取不能改为人工抽签", where);
    }
    attempt[event] = entry;
  }
}

/** The manifest's attempt as the log has it; manifest, commitments and times as logged. */
function attemptOf(manifest, digest, attempts) {
  const earlier = attempts.slice(0, manifest.attempt - 1);
  const attempt = attempts[manifest.attempt - 1];
  if (!attempt) throw new Fault("attempt_hidden", "日志缺少先前的抽取", ENTRIES);
  if (attempt.manifest?.body.manifest_hash !== digest) {
    throw new Fault("manifest_not_logged", "日志中登记的不是这份清单文件", MANIFEST);
  }
  if (attempt.void) throw new Fault("attempt_void", "本次抽取已作废", ENTRIES);
  if (!attempt.drawn || !attempt.seeded) throw new Fault("not_drawn", "日志中尚无抽取结果", ENTRIES);
  const named = earlier.filter((one) => one.manifest).at(-1)?.manifest.body.manifest_hash ?? null;
  if (manifest.prev !== named) throw new Fault("prev", "prev 未指向前一次作废的抽取", MANIFEST);
  const { commits, revealBy } = manifest.seed;
  const committed = commits.every(({ name, c }) => attempt.commitments.get(name) === c);
  if (!committed || attempt.commitments.size !== commits.length) {
    throw differs("commitment_log", "承诺", MANIFEST);
  }
  if (attempt.witnessed.some((entry) => entry.body.inputs_hash !== manifest.inputsHash)) {
    throw differs("witnessed_log", "见证人签署的冻结名单", MANIFEST);
  }
  checkTimes(attempt, revealBy);
  return attempt;
}

function checkTimes(attempt, revealBy) {
  // An entry that says a reveal is missing can only be written once the time is over.
  const bound = [...attempt.reveals.values()].filter((entry) => entry.body.value !== MISSING);
  bound.push(attempt.manifest, ...(attempt.dice ? [attempt.dice] : []));
  for (const entry of bound) {
    if (unixTime(entry.time) > unixTime(revealBy)) {
      throw new Fault(
        "reveal_late",
        `${EVENT_WORDS[entry.event]}于 ${entry.time} 入日志，晚于揭示截止时间 ${revealBy}`,
        `log entry ${entry.index}`,
      );
    }
  }
}

/** Compares the bundle's entries with the whole exported log: what a bundle could leave out shows here. */
async function checkFullLog(file, drawId, entries, checkpoint, attempt) {
  const all = readEntries(await bytesOf(file, 0, file.size), file.name);
  all.forEach((entry, at) => {
    if (entry.index !== at) throw new Fault("log_index", "日志序号不连续", file.name);
    if (at > 0 && entry.time < all[at - 1].time) throw new Fault("log_time", "日志时间倒退", `${file.name}:${at + 1}`);
  });
  if (BigInt(all.length) < checkpoint.size) {
    throw new Fault("log_short", `日志只有 ${all.length} 条，检查点写有 ${checkpoint.size} 条`, file.name);
  }
  const size = Number(checkpoint.size);
  const leaves = new Uint8Array(32 * size);
  for (let at = 0; at < size; at++) leaves.set(leafHash(SUITES.S256, all[at].bytes), 32 * at);
  if (hex(rootOf(SUITES.S256, leaves, size)) !== hex(checkpoint.root)) {
    throw new Fault("log_root", "日志与检查点的根不符", file.name);
  }
  const own = all.filter((entry) => entry.drawId === drawId);
  checkManifests(own, file.name);
  checkHidden(own, entries, size, file.name);
  if (history(own).some((one) => one.number === attempt && one.void)) {
    throw new Fault("attempt_void", "完整日志显示本次抽取已作废", file.name);
  }
}

function checkManifests(own, where) {
  const seen = new Set();
  for (const { event, attempt } of own) {
    if (event !== "manifest") continue;
    if (seen.has(attempt)) throw new Fault("second_manifest", `第 ${attempt} 次抽取登记了两份清单文件`, where);
    seen.add(attempt);
  }
}

function checkHidden(own, entries, size, where) {
  const shown = new Set(entries.map((entry) => entry.line));
  const hidden = own.filter((entry) => !shown.has(entry.line));
  const first = hidden.find((entry) => entry.index < size);
  if (!first) return;
  const voided = hidden.some(({ event, attempt }) => event === "void" && attempt === first.attempt);
  throw new Fault(
    voided ? "attempt_hidden" : "log_hidden",
    `证明包隐去了日志第 ${first.index} 条（${EVENT_WORDS[first.event]}，第 ${first.attempt} 次抽取）`,
    where,
  );
}
