/* The verification of a whole bundle (RID/1 §9), from the outside in, in the order in which `rid1 verify` goes.
   Each step may rely on those before it; the first Fault ends it. It reads nothing but what it is given. */

/** Notes on the checkpoint's signature, which is only checked when a key is pinned. */
async function signatureNotes(checkpoint, pinned) {
  if (!pinned) return [["no_log_key", "未指定日志公钥，检查点签名未核验"]];
  const note = await checkSignature(checkpoint, pinned);
  return note ? [note] : [];
}

class Verification {
  /** `file` is the bundle, `fullLog` the exported log of all draws or null, `pinned` a key or null;
      `progress(step, done, total)` is told where the verification is. */
  constructor({ file, fullLog, pinned }, progress) {
    Object.assign(this, { file, fullLog, pinned, progress });
    this.report = { passed: [], notes: [], facts: {}, fault: null };
  }

  steps() {
    return {
      layout: () => this.bundle.checkLayout(),
      manifest: () => this.checkManifest(),
      log: () => this.checkLog(),
      ...(this.fullLog && { full_log: () => this.checkFullLog() }),
      inputs: () => this.checkInputs(),
      reveals: () => this.checkReveals(),
      seed: () => this.checkSeed(),
      result: () => this.checkResult(),
      match: () => this.checkMatch(),
      substitutions: () => this.checkSubstitutions(),
    };
  }

  /** Runs all steps; a Fault is reported, anything else is thrown. */
  async run() {
    try {
      this.bundle = await Bundle.open(this.file);
      for (const [name, step] of Object.entries(this.steps())) {
        this.progress(name, 0, 1);
        await step();
        this.report.passed.push(name);
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.report.fault = error;
    }
    return this.report;
  }

  ticker(step, total) {
    let done = 0;
    return (amount) => this.progress(step, (done += amount), total);
  }

  async checkManifest() {
    const data = await this.bundle.read(MANIFEST);
    const manifest = readManifest(data);
    this.manifest = manifest;
    this.digest = manifestHash(manifest.suite, data);
    Object.assign(this.report.facts, {
      draw_id: manifest.drawId,
      attempt: manifest.attempt,
      suite: manifest.suite.name,
      manifest_hash: this.digest,
      objects: manifest.inputs.pool.size,
      selected: this.selected(),
    });
    if (manifest.disclosure === "sealed") throw sealed(MANIFEST);
    for (const list of manifest.lists) {
      if (list.floorBp === 0) this.report.notes.push(["floor_zero", `名单 ${list.code} 未设最低比例，须有规则依据`]);
    }
  }

  selected() {
    return this.manifest.lists.flatMap((list) => list.strata).reduce((sum, stratum) => sum + stratum.k, 0);
  }

  async checkLog() {
    const entries = readEntries(await this.bundle.read(ENTRIES), ENTRIES);
    const checkpoint = readCheckpoint(await this.bundle.read(CHECKPOINT));
    this.report.notes.push(...(await signatureNotes(checkpoint, this.pinned)));
    readPaths(await this.bundle.read(PROOFS), entries).forEach((path, at) => {
      const { index, bytes } = entries[at];
      const leaf = leafHash(SUITES.S256, bytes);
      if (!inclusionHolds(SUITES.S256, leaf, index, checkpoint.size, path, checkpoint.root)) {
        throw new Fault("log_inclusion", `日志第 ${index} 条不在检查点之下`, `log entry ${index}`);
      }
    });
    if (entries.some((entry) => entry.drawId !== this.manifest.drawId)) {
      throw new Fault("log_draw", "日志混入其他抽取的记录", ENTRIES);
    }
    this.attempt = attemptOf(this.manifest, this.digest, history(entries));
    Object.assign(this, { entries, checkpoint });
    this.report.facts.state = this.attempt.state;
    if (this.attempt.state === "drawn") this.report.notes.push(["unsigned", "结果尚未经法制机构签署"]);
  }

  checkFullLog() {
    return checkFullLog(this.fullLog, this.manifest.drawId, this.entries, this.checkpoint, this.manifest.attempt);
  }

  async checkInputs() {
    const { inputs, suite } = this.manifest;
    const files = [];
    for (const name of KINDS) files.push([name, await this.bundle.read(`${name}.tsv`)]);
    const total = files.reduce((sum, [, bytes]) => sum + 2 * bytes.length, 0); // the file's hash and its leaves
    const tick = this.ticker("inputs", total);
    const rows = {};
    for (const [name, bytes] of files) rows[name] = checkFile(name, bytes, inputs[name], suite, tick);
    checkCounts(this.manifest, rows.pool, rows.excluded);
    this.pool = rows.pool;
    this.roster = new Roster(rows.inspectors, rows.recusals);
    checkStaffing(this.manifest, this.pool, this.roster);
  }

  async checkReveals() {
    this.given = readReveals(readJson(await this.bundle.read(REVEALS), REVEALS));
    this.report.notes.push(...checkReveals(this.manifest, this.attempt, this.given));
  }

  checkSeed() {
    this.seed = seedOf(this.manifest, this.given, this.digest);
    const logged = this.attempt.seeded.body.seed;
    if (logged !== this.seed && !(this.manifest.seed.embargo !== null && logged === EMBARGOED)) {
      throw differs("seed_log", "种子", ENTRIES);
    }
    this.report.facts.seed = this.seed;
  }

  async checkResult() {
    const key = keyOf(this.manifest.suite, "target", this.seed);
    this.ranks = rankAll(this.manifest, this.pool, key, this.ticker("result", this.pool.length));
    const signed = this.attempt.signed.map((entry) => entry.body.result_hash);
    await this.compare("result", resultLines(this.manifest, this.ranks), signed);
  }

  async checkMatch() {
    const key = keyOf(this.manifest.suite, "match", this.seed);
    const tick = this.ticker("match", this.selected());
    this.matches = matchAll(this.manifest, this.ranks, this.roster, key, tick);
    await this.compare("match", this.matches.map(matchLine), []);
    this.report.facts.targets = this.matches.length;
  }

  async compare(name, lines, alsoLogged) {
    const digest = compareLines(name, lines, await this.bundle.read(`${name}.tsv`), this.manifest.suite);
    this.report.facts[`${name}_hash`] = digest;
    const logged = [this.attempt.drawn.body[`${name}_hash`], ...alsoLogged];
    if (logged.some((value) => value !== digest)) throw differs(`${name}_log`, `${name}.tsv 的哈希`, ENTRIES);
  }

  async checkSubstitutions() {
    const { manifest, ranks, matches, roster } = this;
    const given = this.bundle.has(SUBSTITUTIONS) ? await this.bundle.read(SUBSTITUTIONS) : new Uint8Array(0);
    const roll = () => new Roll(manifest, ranks, matches, roster, keyOf(manifest.suite, "match", this.seed));
    const count = checkSubstitutions(this.attempt, given, roll);
    if (count) this.report.facts.substitutions = count;
  }
}
