/* Sealed rounds (RID/1 §2, §9): who may be drawn stays secret, who was drawn does not. Leaf hashes stand for the lines
   of three files; the lines that are public are opened. The steps after this one run on the opened lines as if they
   were all there is, and the report says what only the keeper of the files can check. */

const OPENED = "opened.tsv";
const OPENED_LINE = /^(pool|recusals)\t(0|[1-9][0-9]{0,14})\t/;

/** Where every opened line lies, as { pool, recusals }: bytes of the lines, each shown to be under its file's leaves. */
function openLines(suite, bytes, leaves) {
  const found = { pool: [], recusals: [] };
  let [before, last, start] = ["", -1, 0];
  lineEnds(bytes).forEach((end, at) => {
    const [all, name, digits] = OPENED_LINE.exec(new TextDecoder().decode(bytes.subarray(start, end))) ?? [];
    const index = Number(digits);
    const line = bytes.subarray(start + (all?.length ?? 0), end);
    const follows = name > before || (name === before && index > last);
    const leaf = leaves[name]?.subarray(32 * index, 32 * index + 32);
    if (!follows || end === bytes.length || hex(leafHash(suite, line)) !== hex(leaf)) {
      throw new Fault("opened_line", `${OPENED} 第 ${at + 1} 行不是冻结文件中该位置的记录`, `${OPENED}:${at + 1}`);
    }
    found[name].push(bytes.subarray(start + all.length, end + 1));
    [before, last, start] = [name, index, end + 1];
  });
  return found;
}

/** The leaves of a file: their number and root are the manifest's. Throws Fault `input_size` or `input_root`. */
function checkLeaves(name, bytes, frozen, suite, tick) {
  const where = `${name}.leaves`;
  if (bytes.length !== 32 * frozen.size) throw new Fault("input_size", `${where} 的叶数与清单文件不符`, where);
  const root = rootOf(suite, bytes.slice(), frozen.size);
  tick(bytes.length);
  if (hex(root) !== frozen.root) throw new Fault("input_root", `${where} 的默克尔根与清单文件不符`, where);
}

/** What can be added up without the lines. Throws Fault `stratum_size` or `conservation`. */
function checkTotals({ lists, inputs }) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  if (sum(lists.flatMap((list) => list.strata.map(({ n }) => n))) !== inputs.pool.size) {
    throw new Fault("stratum_size", "pool.leaves 的行数不等于各层之和", "pool.leaves");
  }
  if (sum(lists.map((list) => list.registryCount)) !== inputs.pool.size + inputs.excluded.size) {
    throw new Fault("conservation", "登记总数不等于入库与排除之和", MANIFEST);
  }
}

/** The rows of the opened lines of one file, well formed and in order. */
function openedRows(name, lines) {
  const bytes = new Uint8Array(lines.reduce((total, line) => total + line.length, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
  }
  return readRows(name, bytes, SALTED_FILES[name]);
}

/** Everybody in the result, or as many of each stratum, must be open. Throws `stratum_unknown`, `opened_missing`. */
function checkOpenedEnough({ lists }, pool) {
  const counts = countByStratum(pool);
  const strata = lists.flatMap((list) => list.strata.map((st) => ({ list: list.code, ...st })));
  const known = new Set(strata.map(({ list, code }) => `${list}\t${code}`));
  for (const place of counts.keys()) {
    if (!known.has(place)) throw new Fault("stratum_unknown", `${OPENED} 有未知的层 ${place}`, OPENED);
  }
  for (const { list, code, k, m } of strata) {
    const found = counts.get(`${list}\t${code}`) ?? 0;
    if (found < k + m) {
      throw new Fault("opened_missing", `名单 ${list} 层 ${code}：应公开 ${k + m} 个对象，实有 ${found} 个`, OPENED);
    }
  }
}

/** What nobody can check without the sealed files. */
const SEALED_NOTES = [
  ["sealed_order", "对象库已封存：未公开对象的签号无从核验，名次是否完整须由持有原始文件的独立方选入原始文件重算"],
  ["sealed_counts", "各层对象数与各名单排除数只核对了总数，排除理由未公开"],
  ["sealed_recusals", "只核验了已公开的回避；抽中对象是否另有回避无从核验"],
];
