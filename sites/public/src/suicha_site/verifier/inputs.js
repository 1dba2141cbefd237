/* The four input files (RID/1 §2): the frozen bytes, every line, conservation, units, staffing. */

const ID_COLUMN = "[0-9A-Z][0-9A-Z._-]{0,53}";
const REASON_COLUMN = "[0-9A-Za-z][0-9A-Za-z._-]{0,53}";
const LINE_FEED = 10;
const SALT_COLUMN = "[0-9a-f]{32}";
/* Columns of each file, and how many of the first ones are its key. */
const FILES = {
  pool: { key: 2, columns: [ID_COLUMN, ID_COLUMN, ID_COLUMN, ID_COLUMN] },
  excluded: { key: 2, columns: [ID_COLUMN, ID_COLUMN, REASON_COLUMN, "[0-9a-f]{64}"] },
  inspectors: { key: 1, columns: [ID_COLUMN, ID_COLUMN, ID_COLUMN, `(?:\\*|${ID_COLUMN}(?:,${ID_COLUMN})*)`] },
  recusals: { key: 2, columns: [ID_COLUMN, ID_COLUMN, REASON_COLUMN] },
};

/* The same of a sealed round: lines that name objects end in a salt. */
const SALTED_FILES = Object.fromEntries(
  ["pool", "excluded", "recusals"].map((name) => {
    const { key, columns } = FILES[name];
    return [name, { key, columns: [...columns, SALT_COLUMN] }];
  }),
);

/** The columns of the input files of a manifest. */
function filesOf({ disclosure }) {
  return disclosure === "sealed" ? { ...FILES, ...SALTED_FILES } : FILES;
}

/** The rows of a file that is the frozen one, byte for byte, with every line well formed and in order. */
function checkFile(name, bytes, manifest, tick) {
  const { suite, inputs } = manifest;
  const frozen = inputs[name];
  const ends = lineEnds(bytes);
  const sha = hex(hashInSteps(suite, bytes, tick));
  // A file that is not the frozen one is the first thing wrong, whatever else is wrong with its lines.
  const rows = sha === frozen.sha ? readRows(name, bytes, filesOf(manifest)[name]) : null;
  const frozenSo = rows !== null && ends.length === frozen.size;
  const root = frozenSo ? hex(rootOf(suite, leavesOf(suite, bytes, ends, tick), ends.length)) : null;
  const facts = [["size", "行数", ends.length], ["sha", "文件哈希", sha], ["root", "默克尔根", root]];
  for (const [field, label, found] of facts) {
    if (found !== frozen[field]) {
      throw new Fault(
        `input_${field}`,
        `${name}.tsv 的${label}与清单文件不符：清单为 ${frozen[field]}，实际为 ${found}`,
        `${name}.tsv`,
      );
    }
  }
  return rows;
}

/** Where each line ends; a last line without line feed ends with the file. */
function lineEnds(bytes) {
  const ends = [];
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) ends.push(at);
  if (bytes.length && bytes.at(-1) !== LINE_FEED) ends.push(bytes.length);
  return ends;
}

const STEP = 1 << 20;

function hashInSteps(suite, bytes, tick) {
  const hash = suite.make();
  for (let at = 0; at < bytes.length; at += STEP) {
    const to = Math.min(bytes.length, at + STEP);
    hash.update(bytes, at, to);
    tick(to - at);
  }
  return hash.finish();
}

function leavesOf(suite, bytes, ends, tick) {
  const leaves = new Uint8Array(32 * ends.length);
  const hash = suite.make();
  let [start, told] = [0, 0];
  for (let i = 0; i < ends.length; i++) {
    hash.reset().byte(0).update(bytes, start, ends[i]).finish(leaves, 32 * i);
    start = ends[i] + 1;
    if (start - told >= STEP) {
      tick(start - told);
      told = start;
    }
  }
  return leaves;
}

/** The lines of a file as lists of columns, their form and order checked. */
function readRows(name, bytes, { key, columns }) {
  const lines = new TextDecoder("latin1").decode(bytes).split("\n"); // one sign per byte; only ASCII can pass
  const rest = lines.pop();
  const whole = new RegExp(`^${columns.join("\\t")}$`);
  const bad = lines.findIndex((line) => !whole.test(line));
  if (bad >= 0) throw lineFault(name, columns, lines[bad], `${name}.tsv:${bad + 1}`);
  if (rest) throw new Fault("line_unfinished", "文件末行没有换行符", `${name}.tsv:${lines.length + 1}`);
  const rows = lines.map((line) => line.split("\t"));
  let before = "";
  rows.forEach((row, at) => {
    const now = row.slice(0, key).join("\t");
    if (now <= before) {
      const place = `${name}.tsv:${at + 1}`;
      const shown = now.replaceAll("\t", " ");
      if (now === before) throw new Fault("line_duplicate", `重复的记录：${shown}`, place);
      throw new Fault("line_order", `行未按字节升序排列：${shown}`, place);
    }
    before = now;
  });
  return rows;
}

function lineFault(name, columns, line, place) {
  const fields = line.split("\t");
  const wrong = (at) => !new RegExp(`^${columns[at]}$`).test(fields[at]);
  const shown = line.slice(0, 120);
  if (name === "excluded" && fields.length === columns.length && (wrong(2) || wrong(3))) {
    const what = wrong(2) ? "理由代码" : "证据哈希";
    return new Fault("exclusion_without_reason", `被排除的对象缺少有效的${what}:${shown}`, place);
  }
  if (fields.length !== columns.length) {
    return new Fault("line_invalid", `应有 ${columns.length} 列，实有 ${fields.length} 列：${shown}`, place);
  }
  return new Fault("line_invalid", `第 ${columns.findIndex((_, at) => wrong(at)) + 1} 列的值无效：${shown}`, place);
}

/** "list TAB stratum" → how many lines of the pool it has. */
function countByStratum(pool) {
  const counts = new Map();
  for (const [list, , stratum] of pool) {
    const place = `${list}\t${stratum}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** Sizes of strata and conservation (RID/1 §2). */
function checkCounts(manifest, pool, excluded) {
  const counts = countByStratum(pool);
  const strata = new Set(manifest.lists.flatMap((list) => list.strata.map((st) => `${list.code}\t${st.code}`)));
  for (const place of counts.keys()) {
    if (strata.has(place)) continue;
    const [list, stratum] = place.split("\t");
    throw new Fault("stratum_unknown", `名单 ${list} 的层 ${stratum} 不在清单文件中`, "pool.tsv");
  }
  const out = new Map(manifest.lists.map((list) => [list.code, 0]));
  for (const [list] of excluded) {
    if (!out.has(list)) throw new Fault("list_unknown", `未知的名单：${list}`, "excluded.tsv");
    out.set(list, out.get(list) + 1);
  }
  for (const list of manifest.lists) {
    for (const { code, n } of list.strata) {
      const found = counts.get(`${list.code}\t${code}`) ?? 0;
      if (found !== n) {
        throw new Fault("stratum_size", `名单 ${list.code} 层 ${code}：清单文件写 ${n} 家，对象库有 ${found} 家`, "pool.tsv");
      }
    }
    const total = list.strata.reduce((sum, st) => sum + st.n, out.get(list.code));
    if (total !== list.registryCount) {
      throw new Fault(
        "conservation",
        `名单 ${list.code}：登记 ${list.registryCount} 家，入库与排除合计 ${total} 家`,
        MANIFEST,
      );
    }
  }
}

/** Who may inspect what: inspectors by crew and unit in id order, and who is recused from which object. */
class Roster {
  constructor(inspectors, recusals) {
    this.units = new Map();
    this.recused = new Map();
    for (const [id, crew, unit, scopes] of inspectors) {
      const place = `${crew}\t${unit}`;
      if (!this.units.has(place)) this.units.set(place, []);
      this.units.get(place).push({ id, scopes: scopes === "*" ? null : new Set(scopes.split(",")) });
    }
    for (const [inspector, object] of recusals) {
      if (!this.recused.has(object)) this.recused.set(object, new Set());
      this.recused.get(object).add(inspector);
    }
  }

  /** Ids of the inspectors eligible for an object of `unit` in these lists of `crew` (RID/1 §7). */
  eligible(crew, unit, object, lists) {
    const recused = this.recused.get(object);
    return (this.units.get(`${crew}\t${unit}`) ?? [])
      .filter(({ id, scopes }) => !recused?.has(id) && (!scopes || lists.every((list) => scopes.has(list))))
      .map(({ id }) => id);
  }
}

/** One unit per object and crew, and a full team for every object (RID/1 §2). */
function checkStaffing(manifest, pool, roster) {
  const lacking = [];
  for (const crew of manifest.crews) {
    const codes = new Set(manifest.lists.filter((list) => list.crew === crew.code).map((list) => list.code));
    const enough = new Map();
    for (const [object, { unit, lists }] of objectsOf(pool, codes, crew.code)) {
      const kind = `${unit}\t${lists.join(",")}`;
      if (!enough.has(kind)) enough.set(kind, roster.eligible(crew.code, unit, "", lists).length);
      const count = roster.recused.has(object)
        ? roster.eligible(crew.code, unit, object, lists).length
        : enough.get(kind);
      if (count < crew.team) lacking.push(`${object}（${crew.code}/${unit}，可派 ${count} 人，需 ${crew.team} 人）`);
    }
  }
  if (lacking.length) {
    const named = lacking.slice(0, 20).join("、");
    throw new Fault("unstaffable", `${lacking.length} 个对象无法配齐检查人员：${named}`, "pool.tsv");
  }
}

function objectsOf(pool, codes, crew) {
  const objects = new Map();
  for (const [list, id, , unit] of pool) {
    if (!codes.has(list)) continue;
    const known = objects.get(id);
    if (!known) {
      objects.set(id, { unit, lists: [list] });
    } else if (known.unit === unit) {
      known.lists.push(list);
    } else {
      const units = `${known.lists[0]}=${known.unit}、${list}=${unit}`;
      throw new Fault("unit_conflict", `对象 ${id} 在队伍 ${crew} 的不同名单中单位不一致：${units}`, "pool.tsv");
    }
  }
  return objects;
}
