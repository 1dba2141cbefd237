/* Tickets and selection (RID/1 §6): every object's ticket, every stratum in full order. */

/** The ticket of one id under K_target, in hex. */
function ticketOf(suite, key, id) {
  return hx(suite, `${key}:${id}`);
}

const PROGRESS_EVERY = 10000;

/** "list TAB stratum" → all its objects { ticket, id, unit }, ascending by (ticket, id). */
function rankAll(manifest, pool, key, tick) {
  const prefix = manifest.suite.make().ascii(`${key}:`); // K fills one block, which is compressed once
  const hash = manifest.suite.make();
  const digests = new Uint8Array(32 * pool.length);
  const firsts = new Float64Array(pool.length); // the first 48 bits of each: nearly always enough to compare
  const strata = new Map(manifest.lists.flatMap((list) => list.strata.map((st) => [`${list.code}\t${st.code}`, []])));
  pool.forEach(([list, id, stratum], at) => {
    hash.reset(prefix).ascii(id).finish(digests, 32 * at);
    for (let i = 0; i < 6; i++) firsts[at] = firsts[at] * 256 + digests[32 * at + i];
    strata.get(`${list}\t${stratum}`).push(at);
    if (at % PROGRESS_EVERY === PROGRESS_EVERY - 1) tick(PROGRESS_EVERY);
  });
  const ticket = (at) => hex(digests, 32 * at, 32 * at + 32);
  const whole = (at) => ticket(at) + pool[at][1];
  for (const members of strata.values()) {
    members.sort((a, b) => firsts[a] - firsts[b] || (whole(a) < whole(b) ? -1 : 1));
  }
  return new Ranks(strata, (at) => ({ ticket: ticket(at), id: pool[at][1], unit: pool[at][3] }));
}

/** The objects of each stratum by rank, made when they are asked for. */
class Ranks {
  constructor(strata, make) {
    this.strata = strata;
    this.make = make;
  }

  /** The object of `rank` (from 1), or null when the stratum is used up. */
  at(list, stratum, rank) {
    const members = this.strata.get(`${list}\t${stratum}`);
    return rank <= members.length ? this.make(members[rank - 1]) : null;
  }

  /** The objects of ranks 1 to `last`. */
  first(list, stratum, last) {
    return this.strata.get(`${list}\t${stratum}`).slice(0, last).map(this.make);
  }
}

/** The lines of result.tsv (RID/1 §6): lists and strata in manifest order. */
function resultLines(manifest, ranks) {
  return manifest.lists.flatMap((list) =>
    list.strata.flatMap(({ code, k, m }) =>
      ranks.first(list.code, code, k + m).map(
        ({ ticket, id }, at) => `${list.code}\t${code}\t${at + 1}\t${at < k ? "S" : "R"}\t${id}\t${ticket}`,
      ),
    ),
  );
}

/** Compares a member of the bundle with its replay; names the first line that differs; returns hx of the file. */
function compareLines(name, lines, bytes, suite) {
  const found = new TextDecoder("latin1").decode(bytes).split("\n");
  const due = [...lines, ""]; // every line ends in a line feed, so nothing follows the last one
  for (let at = 0; at < Math.max(due.length, found.length); at++) {
    if (due[at] === found[at]) continue;
    const [want, have] = [due[at] ?? "", found[at] ?? ""].map((line) => line.replaceAll("\t", " "));
    throw new Fault(
      `${name}_row`,
      `${name}.tsv 第 ${at + 1} 行与重算结果不符：应为「${want}」，实为「${have}」`,
      `${name}.tsv:${at + 1}`,
    );
  }
  return hx(suite, bytes);
}
