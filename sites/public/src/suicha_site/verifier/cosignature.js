/* Witnesses' cosignatures under a checkpoint (C2SP tlog-cosignature, `cosignature/v1`): who else saw this log grow. */

const COSIGNATURE_LENGTH = 72; // time (8 bytes, big-endian), signature

/** Reads the vkeys of witnesses, separated by white space. Throws Fault `witness_key`. */
function readWitnesses(text) {
  return text.split(/\s+/).filter(Boolean).map((one) => {
    const key = readNamedKey(one);
    if (key?.typed[0] === COSIGNATURE && key.typed.length === 33) return key;
    throw new Fault("witness_key", `不是有效的见证人公钥：${one}`, "");
  });
}

/** Which witnesses signed, in the order of the lines, as { name, time }; lines of others are ignored.
    Null when this browser cannot check signatures. Throws Fault `cosignature` for a witness's line that does not hold. */
async function cosignedBy(checkpoint, witnesses) {
  const found = [];
  for (const { name, keyHash: told, signature: line } of checkpoint.signatures) {
    const witness = witnesses.find((one) => one.name === name && keyHash(name, one.typed) === told);
    if (!witness) continue;
    const whole = line.length === COSIGNATURE_LENGTH;
    const time = whole ? new DataView(line.buffer, line.byteOffset).getBigUint64(0) : 0n;
    const message = `cosignature/v1\ntime ${time}\n${checkpoint.text}`;
    const holds = whole ? await ed25519Holds(witness.typed.slice(1), line.slice(8), message) : false;
    if (holds === null) return null;
    if (!holds) throw new Fault("cosignature", `见证人 ${name} 的共同签名无效`, checkpoint.where);
    found.push({ name, time });
  }
  return found;
}

/** What the report says of the witnesses: { fact, notes }. */
async function witnessReport(checkpoint, witnesses) {
  if (!witnesses.length) return { fact: null, notes: [] };
  const signed = await cosignedBy(checkpoint, witnesses);
  if (signed === null) return { fact: null, notes: [UNSUPPORTED] };
  const names = signed.map(({ name }) => name);
  return {
    fact: signed.map(({ name, time }) => `${name} ${utcTime(time)}`).join("; ") || "-",
    notes: witnesses
      .filter(({ name }) => !names.includes(name))
      .map(({ name }) => ["witness_missing", `见证人 ${name} 未在检查点上共同签名`]),
  };
}

function utcTime(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(".000", "");
}
