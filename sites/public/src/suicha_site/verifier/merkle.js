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
