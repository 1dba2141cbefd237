/* The public beacon drand quicknet (RID/1 §5): its rounds, and whether a signature is the one of a round.
   All of it offline, against the pinned key. A rehearsal may have a chain of its own, which its manifest shows. */

const QUICKNET = {
  hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  publicKey:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  genesis: 1692803367,
  period: 3,
  sandbox: false,
};
const BEACON_TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"; // scheme bls-unchained-g1-rfc9380

/** A rehearsal's chain, named by the SHA-256 of its parameters in canonical form. */
function sandboxChain(publicKey, genesis, period) {
  const named = canonical({ genesis, period, public_key: publicKey }, MANIFEST);
  const hash = hx(SUITES.S256, named);
  return { hash, publicKey, genesis, period, sandbox: hash !== QUICKNET.hash };
}

/** Unix time (BigInt) at which a round is published. */
function roundTime(chain, round) {
  return BigInt(chain.genesis) + (BigInt(round) - 1n) * BigInt(chain.period);
}

/** The beacon's value in the seed, or null for a signature that is no hex. */
function beaconValue(round, signature) {
  const raw = typeof signature === "string" ? unhex(signature) : null;
  return raw && `drand:${round}:${hx(SUITES.S256, raw)}`;
}

/** Checks the BLS signature (hex) of a round. Throws Fault `beacon_invalid`. */
function checkBeaconSignature(chain, round, signature, where) {
  const counted = Uint8Array.from({ length: 8 }, (_, i) => Number((BigInt(round) >> BigInt(56 - 8 * i)) & 255n));
  const message = SUITES.S256.make().update(counted).finish();
  if (!blsHolds(unhex(chain.publicKey), message, unhex(signature))) {
    const named = chain.sandbox ? "演练信标" : "drand quicknet ";
    throw new Fault("beacon_invalid", `该签名不是 ${named}第 ${round} 轮的有效签名`, where);
  }
}

/** Whether a signature (48 bytes, G1) over a message holds under a key (96 bytes, G2): e(s, −g₂) · e(H(m), key) = 1. */
function blsHolds(publicKey, message, signature) {
  const [point, key] = [G1.decompress(signature), G2.decompress(publicKey)];
  if (point === null || key === null) return false;
  const hashed = hashToG1(message, BEACON_TAG);
  const [baseX, baseY] = G2_BASE;
  const minusBase = [baseX, Fp2.sub(Fp2.zero, baseY)];
  return !G1.isZero(hashed) && pairingsCancel([[point, minusBase], [G1.affine(hashed), key]]);
}
