/* Hashing a message to a point of G1: the suite BLS12381G1_XMD:SHA-256_SSWU_RO_ of RFC 9380 §8.8.1. */

const ISOGENOUS = {
  a: 0x144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1dn,
  b: 0x12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0n,
  z: 11n,
};
const G1_COFACTOR = 0xd201000000010001n;
const FIELD_BYTES = 64; // so long that the remainder mod p is as good as uniform

/** The point of G1, in projective coordinates, of a message (bytes) under a domain separation tag (ASCII). */
function hashToG1(message, tag) {
  const uniform = expandMessage(message, tag, 2 * FIELD_BYTES);
  const [first, second] = [0, FIELD_BYTES].map((from) =>
    mapToG1(Fp.mod(BigInt(`0x${hex(uniform, from, from + FIELD_BYTES)}`))),
  );
  return G1.multiply(G1.add(first, second), G1_COFACTOR);
}

/** expand_message_xmd with SHA-256 (RFC 9380 §5.3.1). */
function expandMessage(message, tag, length) {
  const sha = () => SUITES.S256.make();
  const ending = (hash) => hash.ascii(tag).byte(tag.length).finish();
  const head = sha().update(new Uint8Array(64)).update(message);
  const start = ending(head.byte(length >> 8).byte(length & 255).byte(0));
  const out = new Uint8Array(length);
  let block = new Uint8Array(32);
  for (let at = 0; at < length; at += 32) {
    block = ending(sha().update(block.map((value, i) => value ^ start[i])).byte(at / 32 + 1));
    out.set(block, at);
  }
  return out;
}

/** map_to_curve in the straight line of RFC 9380 appendix F.2, then the isogeny. */
function mapToG1(u) {
  const { a, b, z } = ISOGENOUS;
  const { mul, mod } = Fp;
  const zu = mul(z, mul(u, u));
  const sum = mod(zu * zu + zu);
  const above = mul(b, sum + 1n); // the first x is above/below, the other one zu times it
  const below = mul(a, sum === 0n ? z : mod(-sum));
  const cube = mul(mul(below, below), below);
  const value = mod((above * above + a * mul(below, below)) * above + b * cube);
  const { square, root } = rootOfRatio(value, cube);
  const x = mul(square ? above : mul(zu, above), Fp.invert(below));
  const y = square ? root : mul(mul(zu, u), root);
  return isogenyToG1(x, (y & 1n) === (u & 1n) ? y : mod(-y));
}

/** Whether n/d is a square, and the root of it or of Z·n/d (RFC 9380 appendix F.2.1.2). */
function rootOfRatio(n, d) {
  const product = Fp.mul(n, d);
  const root = Fp.mul(product, Fp.power(Fp.mul(product, Fp.mul(d, d)), (BLS_P - 3n) / 4n));
  const square = Fp.mul(Fp.mul(root, root), d) === n;
  return { square, root: square ? root : Fp.mul(root, Fp.root(-ISOGENOUS.z + BLS_P)) };
}

function isogenyToG1(x, y) {
  const at = (coefficients) => coefficients.reduceRight((total, c) => Fp.mod(total * x + c), 0n);
  const { xNumerator, xDenominator, yNumerator, yDenominator } = ISOGENY;
  const [dx, dy] = [at(xDenominator), at(yDenominator)];
  if (dx === 0n || dy === 0n) return G1.zero;
  return [Fp.mul(at(xNumerator), dy), Fp.mul(Fp.mul(y, at(yNumerator)), dx), Fp.mul(dx, dy)];
}
