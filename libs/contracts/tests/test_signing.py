"""Signed pushes: what was signed is accepted, and nothing else is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.signing import TOLERANCE_SECONDS, BadSignatureError, sign, verify

secrets = st.binary(min_size=24, max_size=64)
identifiers = st.from_regex(r"[0-9a-zA-Z_-]{1,40}", fullmatch=True)
times = st.integers(0, 4_000_000_000)


def test_the_worked_example_of_the_standard_webhooks_specification() -> None:
    # The reference libraries of the specification pin this triple.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(secrets, identifiers, times, st.binary(max_size=400))
def test_what_was_signed_is_accepted_within_the_tolerance(
    secret: bytes, message_id: str, moment: int, body: bytes
) -> None:
    headers = sign(secret, message_id, moment, body)
    verify(secret, headers, body, moment)
    verify(secret, headers, body, moment + TOLERANCE_SECONDS)
    verify(secret, headers, body, moment - TOLERANCE_SECONDS)


@given(secrets, secrets, identifiers, times, st.binary(max_size=100), st.binary(max_size=100))
def test_another_secret_or_another_body_is_refused(
    secret: bytes, other: bytes, message_id: str, moment: int, body: bytes, changed: bytes
) -> None:
    headers = sign(secret, message_id, moment, body)
    if other != secret:
        with pytest.raises(BadSignatureError):
            verify(other, headers, body, moment)
    if changed != body:
        with pytest.raises(BadSignatureError):
            verify(secret, headers, changed, moment)


@given(secrets, identifiers, times)
def test_too_old_and_too_early_are_refused(secret: bytes, message_id: str, moment: int) -> None:
    headers = sign(secret, message_id, moment, b"{}")
    for now in (moment + TOLERANCE_SECONDS + 1, moment - TOLERANCE_SECONDS - 1):
        with pytest.raises(BadSignatureError):
            verify(secret, headers, b"{}", now)


SECRET = b"0123456789abcdef01234567"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    headers = sign(SECRET, "msg_1", 1_800_000_000, b"{}")
    del headers[name]
    with pytest.raises(BadSignatureError):
        verify(SECRET, headers, b"{}", 1_800_000_000)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_covered_by_the_signature(header: str) -> None:
    headers = sign(SECRET, "1800000000", 1_800_000_000, b"{}")
    headers[header] = "1800000001"
    with pytest.raises(BadSignatureError):
        verify(SECRET, headers, b"{}", 1_800_000_000)


@pytest.mark.parametrize(
    ("header", "hostile"),
    [
        ("webhook-timestamp", "²"),
        ("webhook-timestamp", "１８０００００００００"),
        ("webhook-timestamp", "-5"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-signature", "v1,ü"),
        ("webhook-signature", "v2,AAAA"),
        ("webhook-signature", "v1,"),
        ("webhook-id", ""),
    ],
)
def test_hostile_headers_are_refused_like_any_other(header: str, hostile: str) -> None:
    headers = sign(SECRET, "msg_1", 1_800_000_000, b"{}") | {header: hostile}
    with pytest.raises(BadSignatureError):
        verify(SECRET, headers, b"{}", 1_800_000_000)


def test_one_fitting_signature_among_several_is_enough_while_a_secret_is_changed() -> None:
    old = b"76543210fedcba9876543210"
    headers = sign(SECRET, "msg_1", 1_800_000_000, b"{}")
    both = sign(old, "msg_1", 1_800_000_000, b"{}")["webhook-signature"] + " " + headers["webhook-signature"]
    verify(SECRET, headers | {"webhook-signature": both}, b"{}", 1_800_000_000)
    verify(old, headers | {"webhook-signature": both}, b"{}", 1_800_000_000)
