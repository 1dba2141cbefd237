/* The groups G1 (over Fp) and G2 (over Fp2) of BLS12-381 and their compressed encodings, which are read strictly. */

const BLS_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** y² = x³ + b in projective coordinates [X, Y, Z]; addition is complete: one formula for all points. */
class Curve {
  constructor(field, b) {
    Object.assign(this, { field, b, zero: [field.zero, field.one, field.zero] });
    this.b3 = field.scale(b, 3n);
  }

  /** a + b (Renes, Costello and Batina, IACR 2015/1060, algorithm 7). */
  add([x1, y1, z1], [x2, y2, z2]) {
    const { add, sub, mul, scale } = this.field;
    const [xx, yy, zz] = [mul(x1, x2), mul(y1, y2), mul(z1, z2)];
    const xy = sub(mul(add(x1, y1), add(x2, y2)), add(xx, yy));
    const yz = sub(mul(add(y1, z1), add(y2, z2)), add(yy, zz));
    const xz = sub(mul(add(x1, z1), add(x2, z2)), add(xx, zz));
    const [xx3, bzz, bxz] = [scale(xx, 3n), mul(this.b3, zz), mul(this.b3, xz)];
    const [sum, difference] = [add(yy, bzz), sub(yy, bzz)];
    return [
      sub(mul(xy, difference), mul(yz, bxz)),
      add(mul(difference, sum), mul(bxz, xx3)),
      add(mul(sum, yz), mul(xx3, xy)),
    ];
  }

  multiply(point, scalar) {
    let total = this.zero;
    for (const bit of scalar.toString(2)) {
      total = this.add(total, total);
      if (bit === "1") total = this.add(total, point);
    }
    return total;
  }

  isZero([, , z]) {
    return this.field.isZero(z);
  }

  /** x and y of a point that is not the one at infinity. */
  affine([x, y, z]) {
    const unit = this.field.invert(z);
    return [this.field.mul(x, unit), this.field.mul(y, unit)];
  }

  /** [x, y] of a compressed point, or null: another length or form, x not below p, infinity, not of the group. */
  decompress(bytes) {
    const { field, b } = this;
    const wide = field === Fp2;
    const flags = bytes[0] >> 5; // compressed, infinity, larger y
    if (bytes.length !== (wide ? 96 : 48) || (flags & 6) !== 4) return null;
    const number = (from) => BigInt(`0x${hex(bytes, from, from + 48)}`);
    const first = number(0) & ((1n << 381n) - 1n);
    const x = wide ? [number(48), first] : first;
    if ([x].flat().some((part) => part >= BLS_P)) return null;
    const root = field.root(field.add(field.mul(field.mul(x, x), x), b));
    if (root === null) return null;
    const y = isLarger(root) === ((flags & 1) === 1) ? root : field.sub(field.zero, root);
    return this.isZero(this.multiply([x, y, field.one], BLS_ORDER)) ? [x, y] : null;
  }
}

/** Whether y is the larger of y and −y; in Fp2 the coefficient of u decides unless it is 0. */
function isLarger(y) {
  const [real, imaginary] = [y].flat();
  return 2n * (imaginary || real) > BLS_P;
}

const G1 = new Curve(Fp, 4n);
const G2 = new Curve(Fp2, [4n, 4n]);

/** The generator of G2. */
const G2_BASE = [
  [
    0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8n,
    0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7en,
  ],
  [
    0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801n,
    0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79ben,
  ],
];
