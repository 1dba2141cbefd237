"""A simulated SM2 device: OpenSSL with a key file in place of the hardware (GB/T 32918.2, GB/T 32905)."""

import subprocess
import tempfile
from pathlib import Path

_AS_GB = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")


class SimulatedSm2Device:
    """Signs as a device would; its key parameter is the path of a PEM file."""

    algorithm = "SM2-SM3"

    def __init__(self, origin: str, key: str) -> None:
        self.origin = origin
        self._key = key
        command = ["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"]
        self.public = subprocess.run(command, check=True, capture_output=True).stdout

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        return self._openssl("-sign", message).stdout

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is this device's over the message."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(signature)
            file.flush()
            return self._openssl("-verify", message, "-sigfile", file.name).returncode == 0

    def _openssl(self, deed: str, message: bytes, *more: str) -> "subprocess.CompletedProcess[bytes]":
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text"
            text.write_bytes(message)
            command = ["openssl", "pkeyutl", deed, "-inkey", self._key, "-in", str(text), *_AS_GB, *more]
            return subprocess.run(command, check=deed == "-sign", capture_output=True)
