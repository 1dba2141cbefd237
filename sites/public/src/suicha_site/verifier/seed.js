/* From the secrets of several hands to one seed and its keys (RID/1 §5, §6, §7). */

const REVEALS = "reveals.json";
const DICE = /^d10x20:[0-9]{20}$/;
const BEACON = /^drand:([1-9][0-9]*):[0-9a-f]{64}$/;

/** Reads reveals.json, or its value in a receipt; other keys are ignored. */
function readReveals(value, where = REVEALS) {
  const f = new Fields(value, where, "reveals_invalid");
  const reveals = f.take("reveals");
  const named = reveals !== null && typeof reveals === "object" && !Array.isArray(reveals);
  if (!named || !Object.values(reveals).every((secret) => typeof secret === "string")) {
    f.refuse("reveals", "应为名称到字符串的对象");
  }
  const signature = f.has("beacon_signature") ? f.text("beacon_signature") : null;
  return { reveals: new Map(Object.entries(reveals)), dice: f.text("dice"), beacon: f.text("beacon"), signature };
}

/** What each contributor's reveal counts as: the secret, or `-` when it is missing or wrong and a beacon decides. */
function acceptedReveals(manifest, reveals) {
  const { commits, beacon } = manifest.seed;
  for (const name of reveals.keys()) {
    if (!commits.some((commit) => commit.name === name)) {
      throw new Fault("reveal_unknown", `${name} 没有作过承诺`, REVEALS);
    }
  }
  const accepted = new Map();
  for (const { name, c } of commits) {
    const secret = reveals.get(name) ?? MISSING;
    const opens = HEX64.test(secret) && hx(manifest.suite, `RID/1|commit|${manifest.drawId}|${name}|${secret}`) === c;
    if (!opens && beacon === null) {
      if (secret !== MISSING) throw new Fault("reveal_wrong", `${name} 的揭示值与其承诺不符`, REVEALS);
      throw new Fault("reveal_missing", `缺少 ${name} 的揭示值，又没有信标，本次抽取作废`, REVEALS);
    }
    accepted.set(name, opens ? secret : MISSING);
  }
  return accepted;
}

function checkDice(planned, dice) {
  if (planned === null && dice !== MISSING) throw new Fault("dice", "清单文件没有骰子，却给出了骰子记录", REVEALS);
  if (planned !== null && !DICE.test(dice)) throw new Fault("dice", `骰子记录无效：${dice}`, REVEALS);
}

function checkBeaconForm(planned, beacon) {
  if (planned === null) {
    if (beacon !== MISSING) throw new Fault("beacon", "清单文件没有信标，却给出了信标值", REVEALS);
  } else if (BEACON.exec(beacon)?.[1] !== String(planned)) {
    throw new Fault("beacon", `信标值不是清单文件所定的第 ${planned} 轮`, REVEALS);
  }
}

/** The seed of RID/1 §5, in hex. */
function seedOf(manifest, given, digest) {
  const accepted = acceptedReveals(manifest, given.reveals);
  checkDice(manifest.seed.dice, given.dice);
  checkBeaconForm(manifest.seed.beacon, given.beacon);
  const secrets = [...accepted].map(([name, value]) => `${name}:${value}`); // commits are sorted by name
  const { drawId, attempt, suite } = manifest;
  return hx(suite, ["RID/1|seed", drawId, attempt, digest, given.beacon, secrets.join("|"), given.dice].join("|"));
}

/** K_target or K_match (`use` is `target` or `match`, RID/1 §6, §7), in hex. */
function keyOf(suite, use, seed) {
  return hx(suite, `RID/1|key|${use}|${seed}`);
}

/** Checks the revealed values against what was logged in time (RID/1 §5), and the beacon. */
function checkReveals(manifest, attempt, given) {
  const accepted = acceptedReveals(manifest, given.reveals);
  const { embargo, beacon } = manifest.seed;
  for (const [name, value] of accepted) {
    const seen = attempt.reveals.get(name)?.body.value ?? MISSING;
    if (seen !== value && !(name === embargo && seen === EMBARGOED)) {
      throw differs("reveal_log", `${name} 的揭示值`, REVEALS);
    }
  }
  for (const [name, entry] of attempt.disclosed) {
    if (entry.body.value !== accepted.get(name)) throw differs("reveal_log", `${name} 的揭示值`, REVEALS);
  }
  if (given.dice !== (attempt.dice?.body.value ?? MISSING)) throw differs("dice_log", "骰子记录", REVEALS);
  if (beacon !== null) checkBeacon(manifest.seed, attempt.beacon, given);
}

function checkBeacon({ beacon: planned, chain }, entry, given) {
  const signature = given.signature ?? "";
  if (given.beacon !== beaconValue(planned, signature)) {
    throw new Fault("beacon_signature", `信标值与第 ${planned} 轮的签名不符`, REVEALS);
  }
  if (entry?.body.value !== given.beacon || entry.body.signature !== signature) {
    throw differs("beacon_log", "信标", REVEALS);
  }
  if (BigInt(unixTime(entry.time)) < roundTime(chain, planned)) {
    throw new Fault("beacon_time", "信标在其发布时间之前已入日志", ENTRIES);
  }
  checkBeaconSignature(chain, planned, signature, REVEALS);
}
