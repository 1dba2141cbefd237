/* The manifest (RID/1 §4): strict reading; quotas (§3), floors and sources of the seed (§5) computed again. */

const MANIFEST = "manifest.json";
const KINDS = ["pool", "excluded", "inspectors", "recusals"];

/** manifest_hash of RID/1 §4, in hex. */
function manifestHash(suite, data) {
  return hex(suite.make().ascii("RID/1|manifest|").update(data).finish());
}

/** Reads manifest.json. Throws the Faults that `rid1` names for it. */
function readManifest(data) {
  const top = new Fields(readCanonical(data, MANIFEST), MANIFEST, "manifest_field");
  if (top.text("v") !== "RID/1") top.refuse("v", "版本不受支持");
  const inputs = top.part("inputs");
  const manifest = {
    suite: suiteNamed(top.text("suite")),
    drawId: top.id("draw_id"),
    attempt: top.integer("attempt", 1),
    prev: top.orNull("prev", top.hex),
    inputs: Object.fromEntries(KINDS.map((name) => [name, readInput(inputs.part(name))])),
    lists: top.parts("lists").map(readList),
    crews: top.parts("crews").map(readCrew),
    subBp: top.integer("sub_bp", 0),
    seed: readSeedPlan(top.part("seed")),
    disclosure: top.choice("disclosure", "open", "sealed"),
    substitutes: top.choice("substitutes", "draw_order", "fresh_beacon"),
  };
  const ruleset = top.part("ruleset");
  ruleset.closed([ruleset.text("id"), ruleset.text("version"), ruleset.hex("sha")]);
  top.time("created");
  inputs.closed();
  top.closed();
  checkReferences(manifest, top);
  manifest.lists.forEach((list) => checkQuotas(list, manifest.subBp));
  checkSources(manifest.seed);
  manifest.inputsHash = inputsHash(manifest);
  return manifest;
}

/** What witnesses sign before the manifest: hx("RID/1|inputs|" ‖ JCS of `inputs`). */
function inputsHash({ suite, inputs }) {
  const parts = [...KINDS].sort().map((name) => {
    const { root, sha, size } = inputs[name];
    return `"${name}":{"root":"${root}","sha":"${sha}","size":${size}}`;
  });
  return hex(suite.make().ascii(`RID/1|inputs|{${parts.join(",")}}`).finish());
}

function suiteNamed(name) {
  if (!Object.hasOwn(SUITES, name)) throw new Fault("suite_unknown", `未知的算法套件：${name}`, MANIFEST);
  return SUITES[name];
}

function readInput(f) {
  return f.closed({ size: f.integer("size", 0), sha: f.hex("sha"), root: f.hex("root") });
}

function readList(f) {
  const strata = f.parts("strata").map(readStratum);
  const [floorBp, registryCount] = [f.integer("floor_bp", 0, 10000), f.integer("registry_count", 0)];
  return f.closed({ code: f.id("code"), crew: f.id("crew"), floorBp, registryCount, strata });
}

function readStratum(f) {
  const count = f.has("count") ? f.integer("count", 0) : null;
  const bp = count === null ? f.integer("bp", 0, 10000) : null;
  const [n, k, m] = ["n", "k", "m"].map((name) => f.integer(name, 0));
  return f.closed({ code: f.id("code"), n, k, m, bp, count });
}

function readCrew(f) {
  const [team, alternates, slack] = [f.integer("team", 1), f.integer("alternates", 0), f.integer("slack", 0)];
  return f.closed({ code: f.id("code"), team, alternates, slack });
}

function readSeedPlan(f) {
  const commits = f.parts("commits").map((c) => c.closed({ name: c.name("name"), c: c.hex("c") }));
  if (commits.some((commit, at) => at > 0 && commits[at - 1].name >= commit.name)) {
    f.refuse("commits", "贡献人须按名称升序且不重复");
  }
  const plan = {
    commits,
    revealBy: f.time("reveal_by"),
    dice: f.orNull("dice", (name) => {
      const dice = f.part(name);
      dice.integer("sides", 10, 10);
      return dice.closed(dice.integer("count", 20, 20));
    }),
    beacon: f.orNull("beacon", (name) => readBeacon(f.part(name))),
    embargo: f.orNull("embargo", f.text),
  };
  if (plan.embargo !== null && !commits.some((commit) => commit.name === plan.embargo)) {
    f.refuse("embargo", "保密的贡献人不在承诺之列");
  }
  return f.closed({ ...plan, chain: plan.beacon?.chain ?? QUICKNET, beacon: plan.beacon?.round ?? null });
}

function readBeacon(f) {
  const chain = f.has("sandbox") ? readSandbox(f.part("sandbox")) : QUICKNET;
  f.choice("chain", chain.hash);
  return f.closed({ chain, round: f.integer("round", 1) });
}

function readSandbox(f) {
  const key = f.matching("public_key", /^[0-9a-f]{192}$/, "应为 192 位十六进制");
  return f.closed(sandboxChain(key, f.integer("genesis", 0), f.integer("period", 1)));
}

/** Refuses a round whose beacon is not the network that RID/1 §5 pins. Throws Fault `beacon_sandbox`. */
function refuseSandbox({ seed }) {
  if (seed.chain.sandbox) {
    throw new Fault("beacon_sandbox", "信标不是 drand quicknet，是演练用的链：这不是一次真正的抽取", MANIFEST);
  }
}

function repeats(parts) {
  return new Set(parts.map((part) => part.code)).size !== parts.length;
}

function checkReferences({ lists, crews }, top) {
  if (repeats(lists) || lists.some((list) => repeats(list.strata))) top.refuse("lists", "名单或层的代码重复");
  const known = new Set(crews.map((crew) => crew.code));
  if (repeats(crews) || lists.some((list) => !known.has(list.crew))) top.refuse("crews", "队伍代码重复或缺失");
}

/** ⌈count · bp / 10000⌉; products of counts and basis points may pass 2^53, so they are BigInt. */
function share(count, bp) {
  return (BigInt(count) * BigInt(bp) + 9999n) / 10000n;
}

function smaller(a, b) {
  return a < b ? a : b;
}

/** [k, m] that RID/1 §3 gives for a stratum, as BigInt. */
function quotaOf({ n, bp, count }, subBp) {
  const all = BigInt(n);
  const atLeastOne = (value) => (value < 1n ? 1n : value);
  const byRatio = () => (all === 0n ? 0n : smaller(all, atLeastOne(share(n, bp))));
  const k = bp === null ? smaller(all, BigInt(count)) : byRatio();
  const m = k === 0n ? 0n : smaller(all - k, atLeastOne(share(k, subBp)));
  return [k, m];
}

function checkQuotas(list, subBp) {
  let [all, chosen] = [0n, 0n];
  for (const stratum of list.strata) {
    const [k, m] = quotaOf(stratum, subBp);
    if (BigInt(stratum.k) !== k || BigInt(stratum.m) !== m) {
      throw new Fault(
        "quota",
        `名单 ${list.code} 层 ${stratum.code}：应抽 ${k} 家、候补 ${m} 家，清单文件写 ${stratum.k}、${stratum.m}`,
        MANIFEST,
      );
    }
    all += BigInt(stratum.n);
    chosen += k;
  }
  const due = share(all, list.floorBp);
  if (chosen < due) {
    throw new Fault("floor", `名单 ${list.code}：共抽 ${chosen} 家，低于最低比例要求的 ${due} 家`, MANIFEST);
  }
}

function checkSources(seed) {
  const sources = Number(seed.commits.length >= 2) + Number(seed.dice !== null) + Number(seed.beacon !== null);
  if (sources < 2) {
    throw new Fault("seed_sources", "随机种子来源不足：两名贡献人、骰子、信标三者至少须有其二", MANIFEST);
  }
  if (seed.beacon !== null && roundTime(seed.chain, seed.beacon) <= BigInt(unixTime(seed.revealBy))) {
    throw new Fault("beacon_time", "信标轮次不晚于揭示截止时间", MANIFEST);
  }
}
