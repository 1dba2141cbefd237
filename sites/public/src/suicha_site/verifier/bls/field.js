/* The fields of BLS12-381 on BigInt: Fp, its extension Fp2 = Fp[u] with u² = −1, and Fp12 = Fp2[w] with w⁶ = 1 + u.
   Fp and Fp2 offer the same operations, so that one file of curves serves both. Nothing here ever sees a secret. */

const BLS_P =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

const Fp = {
  zero: 0n,
  one: 1n,
  mod(a) {
    const rest = a % BLS_P;
    return rest < 0n ? rest + BLS_P : rest;
  },
  add: (a, b) => Fp.mod(a + b),
  sub: (a, b) => Fp.mod(a - b),
  mul: (a, b) => (a * b) % BLS_P,
  scale: (a, n) => Fp.mod(a * n),
  isZero: (a) => a === 0n,

  /** a to the power of `exponent` ≥ 0. */
  power(a, exponent) {
    let total = 1n;
    for (const bit of exponent.toString(2)) {
      total = Fp.mul(total, total);
      if (bit === "1") total = Fp.mul(total, a);
    }
    return total;
  },

  /** 1/a by the extended algorithm of Euclid; `a` is not 0. */
  invert(a) {
    let [low, high, x, y] = [Fp.mod(a), BLS_P, 1n, 0n];
    while (low > 1n) {
      const times = high / low;
      [low, high] = [high - times * low, low];
      [x, y] = [y - times * x, x];
    }
    return Fp.mod(x);
  },

  /** A square root, or null: p ≡ 3 (mod 4). */
  root(a) {
    const found = Fp.power(a, (BLS_P + 1n) / 4n);
    return Fp.mul(found, found) === Fp.mod(a) ? found : null;
  },
};

const Fp2 = {
  zero: [0n, 0n],
  one: [1n, 0n],
  add: ([a, b], [c, d]) => [Fp.add(a, c), Fp.add(b, d)],
  sub: ([a, b], [c, d]) => [Fp.sub(a, c), Fp.sub(b, d)],
  mul([a, b], [c, d]) {
    const [ac, bd] = [a * c, b * d];
    return [Fp.mod(ac - bd), Fp.mod((a + b) * (c + d) - ac - bd)];
  },
  scale: ([a, b], n) => [Fp.scale(a, n), Fp.scale(b, n)],
  isZero: ([a, b]) => a === 0n && b === 0n,
  invert([a, b]) {
    const norm = Fp.invert(a * a + b * b);
    return [Fp.mul(a, norm), Fp.mod(-b * norm)];
  },

  /** A square root, or null (Adj and Rodríguez-Henríquez, IACR 2012/685, algorithm 9). */
  root(a) {
    const power = (base, exponent) =>
      [...exponent.toString(2)].reduce((total, bit) => {
        const square = Fp2.mul(total, total);
        return bit === "1" ? Fp2.mul(square, base) : square;
      }, Fp2.one);
    const first = power(a, (BLS_P - 3n) / 4n);
    const start = Fp2.mul(first, a);
    const alpha = Fp2.mul(first, start);
    const minusOne = alpha[0] === BLS_P - 1n && alpha[1] === 0n;
    const found = minusOne
      ? [Fp.mod(-start[1]), start[0]] // u · start
      : Fp2.mul(power(Fp2.add(alpha, Fp2.one), (BLS_P - 1n) / 2n), start);
    return Fp2.isZero(Fp2.sub(Fp2.mul(found, found), a)) ? found : null;
  },
};

/* Elements are the six coefficients, from Fp2, of w⁰ … w⁵. */
const Fp12 = {
  one: [Fp2.one, ...Array(5).fill(Fp2.zero)],

  /** a · b; coefficients of `a` that are zero cost nothing, and each sum is reduced only once. */
  mul(a, b) {
    const [real, imaginary] = [Array(11).fill(0n), Array(11).fill(0n)];
    a.forEach(([c, d], i) => {
      if (c === 0n && d === 0n) return;
      b.forEach(([e, f], j) => {
        const [ce, df] = [c * e, d * f];
        real[i + j] += ce - df;
        imaginary[i + j] += (c + d) * (e + f) - ce - df;
      });
    });
    return Array.from({ length: 6 }, (_, i) => {
      const [high, highU] = [real[i + 6] ?? 0n, imaginary[i + 6] ?? 0n]; // times w⁶ = 1 + u
      return [Fp.mod(real[i] + high - highU), Fp.mod(imaginary[i] + high + highU)];
    });
  },

  power(a, exponent) {
    let total = Fp12.one;
    for (const bit of exponent.toString(2)) {
      total = Fp12.mul(total, total);
      if (bit === "1") total = Fp12.mul(total, a);
    }
    return total;
  },
};
