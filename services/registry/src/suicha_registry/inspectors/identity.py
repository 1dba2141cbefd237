"""Identity numbers (居民身份证号, GB 11643): checked, encrypted at rest, masked in every answer.

Only the keeper of the register may see one in clear, and each time leaves an audit entry.
"""

from cryptography.fernet import Fernet, MultiFernet
from pydantic import SecretStr
from stdnum.cn import ric
from stdnum.exceptions import ValidationError


def is_identity_number(text: str) -> bool:
    """Tell whether the text is an identity number with a possible birthday and the right check digit."""
    if len(text) != 18 or not text.isascii():
        return False
    try:
        return bool(ric.calc_check_digit(text) == text[17] and ric.get_birth_date(text))
    except (ValidationError, ValueError):
        return False


def masked(number: str) -> str:
    """Show the first three and last two characters only."""
    return f"{number[:3]}{'*' * 13}{number[-2:]}"


class Vault:
    """Encrypts with the first key, decrypts with any: keys are changed by putting a new one in front."""

    def __init__(self, keys: SecretStr) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.get_secret_value().split(",")])

    def seal(self, number: str) -> bytes:
        """Encrypt an identity number."""
        return self._fernet.encrypt(number.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt an identity number.

        Raises:
            InvalidToken: none of the keys fits.
        """
        return self._fernet.decrypt(sealed).decode()
