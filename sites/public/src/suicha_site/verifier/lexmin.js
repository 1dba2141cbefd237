/* LEXMIN/1 (RID/1 §7): the full assignment whose sequence of choices is lexicographically smallest.
   A full assignment is kept at all times; a target may choose an inspector when the later targets can be moved
   around that choice, and an augmenting path through them tells exactly whether they can. */

/** Positions of the eligible inspectors of a target by rank: ascending (lot, id); `ids` ascend. */
function lots(suite, key, target, ids) {
  const prefix = suite.make().ascii(`${key}:${target}:`);
  const hash = suite.make();
  const drawn = ids.map((id, at) => ({ at, lot: hex(hash.reset(prefix).ascii(id).finish()) }));
  drawn.sort((a, b) => (a.lot === b.lot ? a.at - b.at : a.lot < b.lot ? -1 : 1));
  return drawn.map(({ at }) => at);
}

/** A set of small integers, 32 to a word. */
class Bits {
  constructor(size) {
    this.words = new Int32Array((size + 31) >>> 5);
  }

  has(i) {
    return (this.words[i >>> 5] >>> (i & 31)) & 1;
  }

  add(i) {
    this.words[i >>> 5] |= 1 << (i & 31);
  }

  remove(i) {
    this.words[i >>> 5] &= ~(1 << (i & 31));
  }
}

class Assignment {
  constructor(ranks, team, cap, size) {
    const sets = () => ranks.map(() => new Bits(size));
    this.ranks = ranks;
    this.team = team;
    this.cap = cap;
    this.load = new Int32Array(size);
    this.eligible = sets();
    this.teams = sets();
    // Per inspector the targets that have not chosen yet: only those can be moved.
    this.open = Array.from({ length: size }, () => new Set());
    ranks.forEach((ranked, t) => ranked.forEach((i) => this.eligible[t].add(i)));
    this.missing = ranks.map((ranked, t) => {
      const free = ranked.filter((i) => this.load[i] < cap).slice(0, team);
      free.forEach((i) => this.assign(t, i));
      return team - free.length;
    });
  }

  assign(t, i) {
    this.teams[t].add(i);
    this.open[i].add(t);
    this.load[i]++;
  }

  release(t, i) {
    this.teams[t].remove(i);
    this.open[i].delete(t);
    this.load[i]--;
  }

  /** Fills the teams that lack members, raising the cap by as little as makes it possible. */
  complete() {
    for (let t = 0; t < this.ranks.length; t++) {
      while (this.missing[t] > 0) {
        if (this.fill(t)) this.missing[t]--;
        else this.cap++;
      }
    }
  }

  fill(t) {
    for (const i of this.ranks[t]) {
      if (this.teams[t].has(i)) continue;
      if (this.load[i] >= this.cap && this.makeRoom(i, t, null) === null) continue;
      this.assign(t, i);
      return true;
    }
    return false;
  }

  /** Takes one open target off the full inspector `start` by moving open targets along a path, shortest first, to an
      inspector with room, or to one of `givers` (who will then lose a target). Target `but` stays.
      Returns the inspector at the end of the path, or null and nothing is changed. */
  makeRoom(start, but, givers) {
    const seen = new Bits(this.load.length);
    const cameFrom = new Map();
    const moved = new Set([but]);
    const queue = [start];
    seen.add(start);
    for (const giver of queue) {
      for (const t of this.open[giver]) {
        if (moved.has(t)) continue;
        moved.add(t);
        const [may, has, known] = [this.eligible[t].words, this.teams[t].words, seen.words];
        for (let w = 0; w < may.length; w++) {
          let reach = may[w] & ~has[w] & ~known[w];
          known[w] |= reach;
          while (reach) {
            const bit = 31 - Math.clz32(reach);
            reach &= ~(1 << bit);
            const taker = w * 32 + bit;
            cameFrom.set(taker, [giver, t]);
            if (this.load[taker] < this.cap || givers?.has(taker)) {
              this.move(start, taker, cameFrom);
              return taker;
            }
            queue.push(taker);
          }
        }
      }
    }
    return null;
  }

  move(start, end, cameFrom) {
    for (let taker = end; taker !== start; ) {
      const [giver, t] = cameFrom.get(taker);
      this.release(t, giver);
      this.assign(t, taker);
      taker = giver;
    }
  }

  /** The smallest choice of t by rank that leaves a full assignment for all; it is fixed from then on. */
  choose(t) {
    const chosen = [];
    const undecided = new Set(this.ranks[t].filter((i) => this.teams[t].has(i)));
    for (const i of this.ranks[t]) {
      if (chosen.length === this.team) break;
      if (!undecided.delete(i)) {
        const dropped = this.wayFor(i, t, undecided);
        if (dropped === null) continue;
        undecided.delete(dropped);
        this.release(t, dropped);
        this.assign(t, i);
      }
      chosen.push(i);
    }
    chosen.forEach((i) => this.open[i].delete(t));
    return chosen;
  }

  /** The undecided member of t that gives way to i, the later targets moved if need be; null when none can. */
  wayFor(i, t, undecided) {
    const anyone = undecided.values().next().value;
    if (this.load[i] < this.cap) return anyone;
    const end = this.makeRoom(i, t, undecided);
    return end === null || undecided.has(end) ? end : anyone;
  }
}

/** Teams of all targets of one crew and unit, given each target's eligible inspectors by rank. */
function lexmin(ranks, team, size, slack) {
  const cap = Math.ceil((team * ranks.length) / size) + slack;
  const assignment = new Assignment(ranks, team, cap, size);
  assignment.complete();
  return ranks.map((_, t) => assignment.choose(t));
}

/** Every match { id, crew, unit, team, alternates }: targets ascending by (ticket, id), crews in manifest order. */
function matchAll(manifest, ranks, roster, key, tick) {
  const made = [];
  manifest.crews.forEach((crew, order) => {
    for (const [unit, targets] of unitsOf(manifest, ranks, crew)) {
      const ids = roster.units.get(`${crew.code}\t${unit}`).map((inspector) => inspector.id);
      const places = new Map(ids.map((id, at) => [id, at]));
      const ranked = targets.map(({ id, lists }) => {
        const eligible = roster.eligible(crew.code, unit, id, lists);
        return lots(manifest.suite, key, id, eligible).map((at) => places.get(eligible[at]));
      });
      lexmin(ranked, crew.team, ids.length, crew.slack).forEach((team, t) => {
        const rest = ranked[t].filter((i) => !team.includes(i)).slice(0, crew.alternates);
        const [names, alternates] = [team, rest].map((members) => members.map((i) => ids[i]));
        made.push({ ...targets[t], order, crew: crew.code, unit, team: names, alternates });
      });
      tick(targets.length);
    }
  });
  const place = (match) => match.ticket + match.id;
  return made.sort((a, b) => (place(a) === place(b) ? a.order - b.order : place(a) < place(b) ? -1 : 1));
}

/** unit → targets { ticket, id, lists } of a crew, ascending by (ticket, id). */
function unitsOf(manifest, ranks, crew) {
  const targets = new Map();
  for (const list of manifest.lists.filter((one) => one.crew === crew.code)) {
    for (const { code, k } of list.strata) {
      for (const pick of ranks.first(list.code, code, k)) {
        if (!targets.has(pick.id)) targets.set(pick.id, { ...pick, lists: [] });
        targets.get(pick.id).lists.push(list.code);
      }
    }
  }
  const units = new Map();
  const place = (target) => target.ticket + target.id;
  for (const target of [...targets.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1))) {
    if (!units.has(target.unit)) units.set(target.unit, []);
    units.get(target.unit).push(target);
  }
  return units;
}

/** The line of match.tsv (RID/1 §7). */
function matchLine({ id, crew, unit, team, alternates }) {
  return [id, crew, unit, team.join(","), alternates.join(",")].join("\t");
}
