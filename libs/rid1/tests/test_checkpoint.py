"""Ed25519 known answers and signed checkpoints."""

from __future__ import annotations

import pytest
from rid1 import checkpoint
from rid1.ed25519 import L, verify
from rid1.errors import RidError
from rid1_support import ORIGIN, PUBLIC, SECRET, VKEY, public_key, sign

# RFC 8032 §7.1, tests 1 to 3: secret, public, message, signature.
KNOWN = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), KNOWN)
def test_the_known_signatures_hold_and_changed_ones_do_not(
    secret: str, public: str, message: str, signature: str
) -> None:
    key, text, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify(key, text, signed)
    assert public_key(bytes.fromhex(secret)) == key
    assert sign(bytes.fromhex(secret), text) == signed
    assert not verify(key, text + b"x", signed)
    assert not verify(key, text, bytes([signed[0] ^ 1]) + signed[1:])
    assert not verify(key, text, signed[:-1])
    # RFC 8032 §5.1.7: S must be below L, or one signature could be written in two ways.
    malleable = int.from_bytes(signed[32:], "little") + L
    assert not verify(key, text, signed[:32] + malleable.to_bytes(32, "little"))


def signed_note(text: str) -> str:
    return checkpoint.attach(text, ORIGIN, PUBLIC, sign(SECRET, text.encode()))


def test_a_signed_checkpoint_is_read_back_and_holds() -> None:
    note = signed_note(checkpoint.body(ORIGIN, 7, b"\1" * 32))
    read = checkpoint.parse(note)
    assert (read.origin, read.size, read.root) == (ORIGIN, 7, b"\1" * 32)
    checkpoint.check_signature(read, checkpoint.read_key(VKEY))


def test_a_cosignature_of_another_key_does_no_harm() -> None:
    text = checkpoint.body(ORIGIN, 7, b"\1" * 32)
    other = b"\5" * 32
    note = checkpoint.attach(text, "witness", public_key(other), sign(other, text.encode()))
    both = checkpoint.attach(note, ORIGIN, PUBLIC, sign(SECRET, text.encode()))
    read = checkpoint.parse(both)
    assert [found.name for found in read.signatures] == ["witness", ORIGIN]
    checkpoint.check_signature(read, checkpoint.read_key(VKEY))
    checkpoint.check_signature(read, checkpoint.LogKey("witness", public_key(other)))


def test_a_changed_size_breaks_the_signature() -> None:
    note = signed_note(checkpoint.body(ORIGIN, 7, b"\1" * 32)).replace("\n7\n", "\n8\n")
    with pytest.raises(RidError, match="checkpoint_signature"):
        checkpoint.check_signature(checkpoint.parse(note), checkpoint.read_key(VKEY))


@pytest.mark.parametrize("note", ["", "a\n1\n", "a\n01\nAAAA\n\n— a AAAA\n", "a\n1\nAAAA\n\n— a AAAAAAAA\n"])
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(RidError, match="checkpoint"):
        checkpoint.parse(note)


@pytest.mark.parametrize("text", ["", "zz", "a+00000000+AAAA", "00" * 31])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(RidError, match="log_key"):
        checkpoint.read_key(text)


def test_a_log_that_signs_with_another_algorithm_is_named_as_such() -> None:
    text = checkpoint.body(ORIGIN, 1, b"r" * 32)
    note = checkpoint.parse(checkpoint.attach(text, ORIGIN, b"public", b"signature", "SM2-SM3"))
    key = checkpoint.read_key(checkpoint.verifier_key(ORIGIN, b"public", "SM2-SM3"))
    assert (key.algorithm, key.public) == ("SM2-SM3", b"public")
    with pytest.raises(RidError, match="SM2-SM3") as caught:
        checkpoint.check_signature(note, key)
    assert caught.value.code == "checkpoint_algorithm"
    with pytest.raises(RidError, match="checkpoint_signature"):
        checkpoint.check_signature(note, checkpoint.read_key(VKEY))
