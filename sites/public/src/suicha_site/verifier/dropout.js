/* Under `fresh_beacon` (RID/1 §8) a drop-out names, before it exists, the beacon that decides who steps in.
   So nobody can wait for a beacon that suits. */

const DROPOUT_SHARED = ["list", "stratum", "out", "reason", "evidence", "by"];

/** Checks that an object substitution (a log entry) answers the drop-out that is due. Throws `dropout_missing`,
    `dropout_late`, `beacon_signature`, `beacon_time` or `beacon_invalid`. */
function checkDropout(chain, dropout, entry, where) {
  const { body } = entry;
  const shared = (one) => canonical(DROPOUT_SHARED.map((name) => one[name] ?? null), where);
  if (!dropout || dropout.index > entry.index || shared(dropout.body) !== shared(body)) {
    throw new Fault("dropout_missing", "递补之前没有登记对应的退出记录", where);
  }
  const { round } = dropout.body;
  const published = roundTime(chain, round);
  if (BigInt(unixTime(dropout.time)) >= published) {
    const late = `退出记录于 ${dropout.time} 入日志时，第 ${round} 轮信标已经公布`;
    throw new Fault("dropout_late", late, `log entry ${dropout.index}`);
  }
  const value = beaconValue(round, body.signature);
  if (value === null || value !== body.beacon) {
    throw new Fault("beacon_signature", `递补所用信标不是退出记录所定的第 ${round} 轮，或与其签名不符`, where);
  }
  if (BigInt(unixTime(entry.time)) < published) {
    throw new Fault("beacon_time", "信标在其发布时间之前已被使用", where);
  }
  checkBeaconSignature(chain, round, body.signature, where);
}
