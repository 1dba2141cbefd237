/* The pairing of BLS12-381, as far as verification asks for it: whether a product of pairings is 1.
   Points of G2 lie on the twist y² = x³ + 4(1 + u); (x, y) there is (x/w², y/w³) on the curve itself. */

const BLS_X = 0xd201000000010000n; // the curve's parameter without its sign, which a product that is 1 does not show

/** Whether ∏ e(P, Q) = 1 for pairs of affine points [P of G1, Q of G2], none at infinity. */
function pairingsCancel(pairs) {
  const f = millerLoop(pairs);
  // f^((p¹²−1)/r) = 1 just when f^((p⁶+1)/r) is left alone by the power p⁶−1, that is, when it lies in Fp6 = Fp2[w²].
  const power = Fp12.power(f, (BLS_P ** 6n + 1n) / BLS_ORDER);
  return !power.every(Fp2.isZero) && [1, 3, 5].every((i) => Fp2.isZero(power[i]));
}

/** ∏ f_{x,Q}(P): all pairs share the squarings. */
function millerLoop(pairs) {
  let f = Fp12.one;
  const walks = pairs.map(([p, q]) => ({ p, q, at: q }));
  for (const bit of BLS_X.toString(2).slice(1)) {
    f = Fp12.mul(f, f);
    for (const walk of walks) f = Fp12.mul(step(walk, walk.at), f);
    if (bit === "1") for (const walk of walks) f = Fp12.mul(step(walk, walk.q), f);
  }
  return f;
}

/** Adds `other` to where the walk stands; returns the line through both (the tangent if they are one), at P. */
function step(walk, other) {
  const { mul, sub, scale, invert } = Fp2;
  const [[x, y], [px, py]] = [walk.at, walk.p];
  const slope = other === walk.at
    ? mul(scale(mul(x, x), 3n), invert(scale(y, 2n)))
    : mul(sub(other[1], y), invert(sub(other[0], x)));
  const x3 = sub(sub(mul(slope, slope), x), other[0]);
  walk.at = [x3, sub(mul(slope, sub(x, x3)), y)];
  // y_P − y/w³ − (slope/w)(x_P − x/w²), times w³: factors from subfields vanish in the final power.
  return [sub(mul(slope, x), y), Fp2.zero, scale(slope, -px), [py, 0n], Fp2.zero, Fp2.zero];
}
