"""A simulated time-stamping authority: OpenSSL with a certificate made for one test. Nobody's clock is proved by it."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

_CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
[ext]
extendedKeyUsage = critical,timeStamping
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[req]
distinguished_name = name
[name]
"""


class SimulatedTsa:
    """An authority with its own root certificate, `root`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "cnf").write_text(_CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("-nodes", "-newkey", "rsa:2048", "-config", "cnf")
        self._openssl("req", "-x509", *new, "-subj", "/CN=Simulated root", "-extensions", "ca",
                      "-keyout", "ca.key", "-out", "ca.pem", "-days", "30")  # fmt: skip
        self._openssl("req", *new, "-subj", "/CN=Simulated TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-extfile", "cnf",
                      "-extensions", "ext", "-out", "tsa.pem", "-days", "30", "-CAcreateserial")  # fmt: skip
        self.root = folder / "ca.pem"

    def stamp(self, text: bytes, digest: str = "sha256") -> bytes:
        """A TimeStampResp over the text."""
        imprint = hashlib.new(digest, text).hexdigest()
        self._openssl("ts", "-query", "-digest", imprint, f"-{digest}", "-cert", "-out", "query")
        self._openssl("ts", "-reply", "-config", "cnf", "-queryfile", "query", "-out", "reply")
        return (self._folder / "reply").read_bytes()

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)
