/* RFC 9162 Merkle trees: roots of whole files and inclusion proofs. */

/** H(0x00 ‖ data), RFC 9162 §2.1.1. */
function leafHash(suite, data) {
  return suite.make().byte(0).update(data).finish();
}

/** The root over `count` leaf hashes that lie in `nodes` one after another; `nodes` is used up. */
function rootOf(suite, nodes, count) {
  const hash = suite.make();
  if (count === 0) return hash.finish();
  while (count > 1) {
    const pairs = count >> 1;
    for (let i = 0; i < pairs; i++) {
      hash.reset().byte(1).update(nodes, 64 * i, 64 * i + 64).finish(nodes, 32 * i);
    }
    // A last node without sibling moves up as it is: that is the tree of RFC 9162 for any number of leaves.
    if (count & 1) nodes.copyWithin(32 * pairs, 32 * (count - 1), 32 * count);
    count = pairs + (count & 1);
  }
  return nodes.slice(0, 32);
}

/** Whether `path` proves `leaf` at `index` in the tree of `size` leaves under `root` (RFC 9162 §2.1.3.2). */
function inclusionHolds(suite, leaf, index, size, path, root) {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  if (fn > sn) return false;
  let node = leaf;
  const join = (left, right) => suite.make().byte(1).update(left).update(right).finish();
  for (const sibling of path) {
    if (sn === 0n) return false;
    if (fn & 1n || fn === sn) {
      node = join(sibling, node);
      while (!(fn & 1n) && fn) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      node = join(node, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && hex(node) === hex(root);
}

/** Whether `path` proves that the tree of `old` leaves is the beginning of that of `size` (RFC 9162 §2.1.4.2). */
function consistencyHolds(suite, old, size, oldRoot, root, path) {
  const same = (a, b) => hex(a) === hex(b);
  const join = (left, right) => suite.make().byte(1).update(left).update(right).finish();
  if (old > size) return false;
  if (old === size) return path.length === 0 && same(oldRoot, root);
  if (old === 0n) return path.length === 0 && same(oldRoot, suite.make().finish());
  const whole = (old & (old - 1n)) === 0n; // a full subtree: its root is not repeated in the path
  const [start, ...nodes] = whole ? [oldRoot, ...path] : path;
  if (start === undefined) return false;
  let [fn, sn] = [old - 1n, size - 1n];
  for (; fn & 1n; sn >>= 1n) fn >>= 1n;
  let [before, now] = [start, start];
  for (const node of nodes) {
    if (sn === 0n) return false;
    if (fn & 1n || fn === sn) {
      [before, now] = [join(node, before), join(node, now)];
      for (; fn && !(fn & 1n); sn >>= 1n) fn >>= 1n;
    } else {
      now = join(now, node);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && same(before, oldRoot) && same(now, root);
}
