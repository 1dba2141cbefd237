/* After the draw (RID/1 §8): logged substitutions replayed one by one; who steps in is never chosen. */

const STEP_FIELDS = {
  inspector: ["object", "crew", "out", "in"],
  object: ["list", "stratum", "out", "in", "rank", "team"],
};

class Roll {
  constructor(manifest, ranks, matches, roster, seed) {
    Object.assign(this, { manifest, ranks, roster, seed, key: keyOf(manifest.suite, "match", seed) });
    this.fresh = 0; // how many new beacons were used
    this.served = new Set();
    this.next = new Map();
    this.active = new Map();
    for (const list of manifest.lists) {
      for (const { code, k } of list.strata) {
        const place = `${list.code}\t${code}`;
        this.next.set(place, k + 1);
        this.active.set(place, new Map(ranks.first(list.code, code, k).map((pick) => [pick.id, pick])));
        for (const id of this.active.get(place).keys()) this.served.add(`${place}\t${id}`);
      }
    }
    this.teams = new Map(matches.map(({ crew, id, team }) => [`${crew}\t${id}`, [...team]]));
    this.gone = new Map();
  }

  /** Applies a logged substitution. Throws Fault `substitute_order` or `substitution`. */
  check(body, where) {
    const missing = STEP_FIELDS[body.kind].find((name) => !(name in body));
    if (missing) throw new Fault("substitution", `递补记录缺少字段：${missing}`, where);
    const due = body.kind === "inspector"
      ? { in: this.inspectorOut(body.object, body.crew, body.out, where) }
      : this.objectOut(body.list, body.stratum, body.out, body.beacon ?? null, where);
    for (const name of Object.keys(due)) {
      if (JSON.stringify(due[name]) === JSON.stringify(body[name])) continue;
      const [step, logged] = [due, body].map((one) => `${one.in ?? "无"}`);
      throw new Fault("substitute_order", `递补未按顺序：应为 ${step}，记录为 ${logged}（${name}）`, where);
    }
  }

  /** Takes an object out; the next of its list and stratum steps in and takes over its team. */
  objectOut(list, stratum, object, beacon, where) {
    const place = `${list}\t${stratum}`;
    if ((beacon !== null) !== (this.manifest.substitutes === "fresh_beacon")) {
      throw new Fault("substitution", `清单文件规定按 ${this.manifest.substitutes} 递补`, where);
    }
    if (!this.active.get(place)?.delete(object)) {
      throw new Fault("substitution", `对象 ${object} 不在抽中之列`, where);
    }
    const rank = this.next.get(place);
    const { crew, strata } = this.manifest.lists.find((one) => one.code === list);
    if (beacon !== null) this.fresh++;
    if (rank > strata.find((one) => one.code === stratum).n) return { in: null, rank: null, team: [] };
    const pick = beacon === null ? this.ranks.at(list, stratum, rank) : this.drawAgain(list, stratum, beacon);
    if (!pick) {
      throw new Fault("opened_missing", `名单 ${list} 层 ${stratum} 第 ${rank} 位的对象未公开`, where);
    }
    this.next.set(place, rank + 1);
    this.served.add(`${place}\t${pick.id}`);
    this.active.get(place).set(pick.id, pick);
    const before = this.teams.get(`${crew}\t${pick.id}`) ?? this.teams.get(`${crew}\t${object}`) ?? [];
    const team = this.takeOver(crew, pick, before, where);
    this.teams.set(`${crew}\t${pick.id}`, team);
    return { in: pick.id, rank, team };
  }

  /** The smallest new ticket among those of the stratum who have not served, or null. */
  drawAgain(list, stratum, beacon) {
    const { suite } = this.manifest;
    const key = hx(suite, `RID/1|key|sub/${this.fresh}|${this.seed}|${beacon}`);
    const order = (pick) => ticketOf(suite, key, pick.id) + pick.id;
    let [smallest, found] = [null, null];
    for (const pick of this.ranks.first(list, stratum, Infinity)) {
      if (this.served.has(`${list}\t${stratum}\t${pick.id}`)) continue;
      const ticket = order(pick);
      if (smallest === null || ticket < smallest) [smallest, found] = [ticket, pick];
    }
    return found;
  }

  /** Takes an inspector out of a team; the next eligible by rank, alternates first, steps in. */
  inspectorOut(object, crew, inspector, where) {
    const place = `${crew}\t${object}`;
    const team = this.teams.get(place) ?? [];
    const pick = this.placesOf(crew, object).map(([, active]) => active.get(object))[0];
    if (!pick || !team.includes(inspector)) {
      throw new Fault("substitution", `${inspector} 不在 ${object} 的检查组中`, where);
    }
    if (!this.gone.has(place)) this.gone.set(place, new Set());
    const gone = this.gone.get(place).add(inspector);
    const candidate = this.byRank(crew, pick).find((name) => !team.includes(name) && !gone.has(name));
    if (!candidate) throw new Fault("substitution", `对象 ${object} 已无可递补人员`, where);
    team[team.indexOf(inspector)] = candidate;
    return candidate;
  }

  /** [list, its active objects of one stratum] wherever a crew now serves the object. */
  placesOf(crew, object) {
    return this.manifest.lists
      .filter((list) => list.crew === crew)
      .flatMap((list) => list.strata.map(({ code }) => [list.code, this.active.get(`${list.code}\t${code}`)]))
      .filter(([, active]) => active.has(object));
  }

  byRank(crew, pick) {
    const lists = this.placesOf(crew, pick.id).map(([list]) => list);
    const eligible = this.roster.eligible(crew, pick.unit, pick.id, lists);
    return lots(this.manifest.suite, this.key, pick.id, eligible).map((at) => eligible[at]);
  }

  /** The team `before`, members who may not inspect the object replaced by its own next eligible by rank. */
  takeOver(crew, pick, before, where) {
    const ranked = this.byRank(crew, pick);
    const spare = ranked.filter((name) => !before.includes(name));
    const { team: size } = this.manifest.crews.find((one) => one.code === crew);
    const team = before.map((name) => (ranked.includes(name) ? name : spare.shift()));
    while (team.length < size) team.push(spare.shift());
    if (team.includes(undefined)) throw new Fault("substitution", `对象 ${pick.id} 无法配齐检查人员`, where);
    return team;
  }
}

/** Replays the logged substitutions, which the bundle must repeat word for word, each on its drop-out's beacon if the
    manifest says so. Returns how many there are, and how many drop-outs still wait. */
function checkSubstitutions(manifest, attempt, given, roll) {
  const lines = attempt.substitutions.map((entry) => `${canonical(entry.body, SUBSTITUTIONS)}\n`);
  if (textOf(given) !== lines.join("")) throw differs("substitutions_log", "递补记录", SUBSTITUTIONS);
  const fresh = manifest.substitutes === "fresh_beacon";
  const dropouts = [...attempt.dropouts];
  if (dropouts.length && !fresh) {
    throw new Fault("substitution", "按抽取顺序递补时不应有待定信标的退出记录", `log entry ${dropouts[0].index}`);
  }
  const standing = lines.length ? roll() : null;
  attempt.substitutions.forEach((entry, at) => {
    const where = `${SUBSTITUTIONS}:${at + 1}`;
    if (fresh && entry.body.kind === "object") checkDropout(manifest.seed.chain, dropouts.shift(), entry, where);
    standing.check(entry.body, where);
  });
  return { count: lines.length, pending: dropouts.length };
}
