/* Whether the log only grew: a checkpoint that the visitor kept, against that of the bundle (RFC 9162 §2.1.4). */

const EARLIER = "earlier checkpoint";

/** Reads { old, size, path } as the draw log hands it out. Throws Fault `consistency`. */
function readConsistency(text) {
  const where = "consistency";
  try {
    const f = new Fields(readJson(text, where), where, "consistency");
    const proof = { old: BigInt(f.integer("old", 0)), size: BigInt(f.integer("size", 0)), path: f.path("path") };
    if (proof.path.some((node) => node.length !== 32)) f.refuse("path", "应为 32 字节的哈希");
    return proof;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault("consistency", `不是一致性证明：${error.text}`, where);
  }
}

/** Checks that the log of `later` begins with the log of `earlier`, by the proof or, without one, by the whole log.
    Throws the Faults `checkpoint_*`, `consistency_*`, `log_short`, `log_forked`; returns notes on signatures. */
async function checkGrowth({ checkpoint: earlier, proof }, later, pinned, fullLog) {
  const notes = pinned ? await checkSignature(earlier, pinned) : [];
  if (earlier.origin !== later.origin) {
    throw new Fault("checkpoint_origin", `较早检查点属于另一日志：${earlier.origin}`, EARLIER);
  }
  if (earlier.size > later.size) {
    const sizes = `给定检查点（${earlier.size} 条）晚于证明包的检查点（${later.size} 条）`;
    throw new Fault("checkpoint_order", sizes, EARLIER);
  }
  const holds = !proof && fullLog && earlier.size < later.size
    ? hex(await rootOfLog(fullLog, earlier.size)) === hex(earlier.root) // the whole log is held against `later` itself
    : consistencyHolds(SUITES.S256, earlier.size, later.size, earlier.root, later.root, pathOf(earlier, later, proof));
  if (!holds) throw new Fault("log_forked", "两个检查点不属于同一份只增不改的日志，或一致性证明有误", EARLIER);
  return notes;
}

function pathOf(earlier, later, proof) {
  if (earlier.size === later.size) return [];
  const needed = `从 ${earlier.size} 条到 ${later.size} 条`;
  if (!proof) throw new Fault("consistency_missing", `需要${needed}的一致性证明，或完整的抽取日志`, EARLIER);
  if (proof.old !== earlier.size || proof.size !== later.size) {
    const told = `一致性证明是从 ${proof.old} 条到 ${proof.size} 条，需要的是${needed}`;
    throw new Fault("consistency_sizes", told, EARLIER);
  }
  return proof.path;
}

/** The root over the first `size` entries of an exported log. */
async function rootOfLog(file, size) {
  const bytes = await bytesOf(file, 0, file.size);
  const ends = lineEnds(bytes).slice(0, Number(size));
  if (BigInt(ends.length) < size) {
    throw new Fault("log_short", `日志只有 ${ends.length} 条，检查点写有 ${size} 条`, file.name);
  }
  return rootOf(SUITES.S256, leavesOf(SUITES.S256, bytes, ends, () => {}), ends.length);
}
