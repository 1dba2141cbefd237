/* The verification of a whole bundle (RID/1 §9), from the outside in, in the order in which `rid1 verify` goes.
   Each step may rely on those before it; the first Fault ends it. It reads nothing but what it is given. */

class Verification {
  /** `file` is the bundle; `pinned` a log key, `witnesses` their keys, `earlier` a checkpoint that was kept (with its
      proof), `fullLog` the exported log of all draws, `inputs` the files of a sealed round by name, each null or empty
      if not given; `sandbox` accepts a rehearsal's beacon. `progress(step, done, total)` is told how far it is. */
  constructor(given, progress) {
    Object.assign(this, { ...given, progress });
    this.report = { passed: [], notes: [], facts: {}, checkpoint: null, fault: null };
  }

  steps() {
    return {
      layout: () => this.bundle.checkLayout(),
      manifest: () => this.checkManifest(),
      log: () => this.checkLog(),
      ...(this.earlier && { growth: () => this.checkGrowth() }),
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
    if (this.sandbox && manifest.seed.chain.sandbox) this.note("beacon_sandbox", "信标是演练用的链，仅供演练");
    else refuseSandbox(manifest);
    if (this.bundle.sealed !== (manifest.disclosure === "sealed")) {
      throw new Fault("bundle_layout", `清单文件写明 ${manifest.disclosure}，证明包的文件却不是`, MANIFEST);
    }
    for (const list of manifest.lists) {
      if (list.floorBp === 0) this.note("floor_zero", `名单 ${list.code} 未设最低比例，须有规则依据`);
    }
  }

  note(code, text) {
    this.report.notes.push([code, text]);
  }

  selected() {
    return this.manifest.lists.flatMap((list) => list.strata).reduce((sum, stratum) => sum + stratum.k, 0);
  }

  async checkLog() {
    const entries = readEntries(await this.bundle.read(ENTRIES), ENTRIES);
    const note = await this.bundle.read(CHECKPOINT);
    const checkpoint = readCheckpoint(note);
    this.report.checkpoint = textOf(note);
    await this.checkSignatures(checkpoint);
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
    if (this.attempt.state === "drawn") this.note("unsigned", "结果尚未经法制机构签署");
  }

  async checkSignatures(checkpoint) {
    const { notes, facts } = this.report;
    notes.push(...(await checkSignature(checkpoint, this.pinned)));
    const witnessed = await witnessReport(checkpoint, this.witnesses);
    if (witnessed.fact !== null) facts.witnesses = witnessed.fact;
    notes.push(...witnessed.notes);
    for (const name of this.bundle.timestamps) {
      notes.push(await checkTimestamp(await this.bundle.read(name), checkpoint.text, name));
    }
  }

  async checkGrowth() {
    this.report.notes.push(...(await checkGrowth(this.earlier, this.checkpoint, this.pinned, this.fullLog)));
    this.report.facts.earlier_size = Number(this.earlier.checkpoint.size);
  }

  checkFullLog() {
    return checkFullLog(this.fullLog, this.manifest.drawId, this.entries, this.checkpoint, this.manifest.attempt);
  }

  async checkInputs() {
    if (this.bundle.sealed) return this.checkSealed();
    return this.checkWhole((name) => this.bundle.read(`${name}.tsv`));
  }

  /** The four input files, read by name. */
  async checkWhole(read) {
    const files = [];
    for (const name of KINDS) files.push([name, await read(name)]);
    const total = files.reduce((sum, [, bytes]) => sum + 2 * bytes.length, 0); // the file's hash and its leaves
    const tick = this.ticker("inputs", total);
    const rows = {};
    for (const [name, bytes] of files) rows[name] = checkFile(name, bytes, this.manifest, tick);
    checkCounts(this.manifest, rows.pool, rows.excluded);
    this.standOn(rows);
  }

  async checkSealed() {
    const { manifest, bundle } = this;
    const { suite, inputs } = manifest;
    const names = Object.keys(SALTED_FILES);
    const tick = this.ticker("inputs", names.reduce((sum, name) => sum + 32 * inputs[name].size, 0));
    const inspectors = checkFile("inspectors", await bundle.read("inspectors.tsv"), manifest, () => {});
    const leaves = {};
    for (const name of names) {
      leaves[name] = await bundle.read(`${name}.leaves`);
      checkLeaves(name, leaves[name], inputs[name], suite, tick);
    }
    checkTotals(manifest);
    const opened = openLines(suite, await bundle.read(OPENED), leaves);
    if (this.inputs) {
      const whole = (name) => (name === "inspectors" ? bundle.read("inspectors.tsv") : this.inputs[name]);
      return this.checkWhole(whole);
    }
    const [pool, recusals] = ["pool", "recusals"].map((name) => openedRows(name, opened[name]));
    checkOpenedEnough(manifest, pool);
    this.standOn({ pool, inspectors, recusals });
    SEALED_NOTES.forEach((note) => this.note(...note));
  }

  /** The rows on which the draw is repeated: everybody in them can be staffed. */
  standOn({ pool, inspectors, recusals }) {
    this.pool = pool;
    this.roster = new Roster(inspectors, recusals);
    checkStaffing(this.manifest, this.pool, this.roster);
  }

  async checkReveals() {
    this.given = readReveals(readJson(await this.bundle.read(REVEALS), REVEALS));
    checkReveals(this.manifest, this.attempt, this.given);
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
    const roll = () => new Roll(manifest, ranks, matches, roster, this.seed);
    const { count, pending } = checkSubstitutions(manifest, this.attempt, given, roll);
    if (count) this.report.facts.substitutions = count;
    if (pending) this.note("dropout_pending", `${pending} 个退出的对象尚未递补`);
  }
}
