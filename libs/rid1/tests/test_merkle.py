"""RFC 9162 trees: known answers and proofs of every leaf and prefix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rid1 import merkle
from rid1.suites import S256, SM3

# The test tree of Certificate Transparency: eight leaves and the roots of its prefixes.
LEAVES = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_known_tree(size: int) -> None:
    leaves = [merkle.leaf_hash(S256, data) for data in LEAVES[:size]]
    assert merkle.root_of(S256, leaves).hex() == ROOTS[size]
    assert merkle.Tree(S256, leaves).root().hex() == ROOTS[size]


def test_a_path_is_that_of_the_known_tree() -> None:
    leaves = [merkle.leaf_hash(S256, data) for data in LEAVES]
    assert [node.hex()[:16] for node in merkle.inclusion_proof(S256, leaves, 0, 8)] == [
        "96a296d224f285c6",
        "5f083f0a1a33ca07",
        "6b47aaf29ee3c2af",
    ]


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(SM3, str(at).encode()) for at in range(size)]
    tree = merkle.Tree(SM3, leaves)
    root = merkle.root_of(SM3, leaves)
    assert tree.root() == root
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(SM3, iter(leaves), index, size)
    assert path == tree.path(index)
    assert merkle.inclusion_holds(SM3, leaves[index], index, size, path, root)
    other = data.draw(st.integers(0, size - 1))
    assert merkle.inclusion_holds(SM3, leaves[other], index, size, path, root) == (other == index)
    assert merkle.inclusion_holds(SM3, leaves[index], other, size, path, root) == (other == index)
    assert not merkle.inclusion_holds(SM3, leaves[index], index, size, [*path, root], root)


@given(st.integers(0, 70), st.data())
def test_every_prefix_is_proved_and_a_changed_one_is_not(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(S256, str(at).encode()) for at in range(size)]
    old = data.draw(st.integers(0, size))
    root, old_root = merkle.root_of(S256, leaves), merkle.root_of(S256, leaves[:old])
    proof = merkle.consistency_proof(S256, leaves, old, size)
    assert merkle.consistency_holds(S256, old, size, old_root, root, proof)
    if old:
        forged = merkle.root_of(S256, [*leaves[: old - 1], b"\0" * 32])
        assert not merkle.consistency_holds(S256, old, size, forged, root, proof)


def test_a_subtree_can_only_stand_where_it_fits() -> None:
    tree = merkle.Accumulator(S256)
    tree.add(b"\0" * 32)
    with pytest.raises(ValueError, match="cannot stand"):
        tree.add(b"\0" * 32, 1)
