"""Which variables of the environment are settings, and the secrets in the files that some of them name."""

import re
from collections.abc import Mapping
from pathlib import Path

PREFIX = "SIGHTEN_"
# The setting that names a file with the secret, as container platforms mount them.
IN_A_FILE = "_FILE"
# Kubernetes tells each pod about every Service of its namespace by such variables, so one called `sighten-receiver`
# would look like settings of ours. Name and value must both be Kubernetes', or a misspelt setting would pass.
_ADDRESS = r"[0-9a-fA-F.:\[\]]+"
_URL = rf"(?:tcp|udp|sctp)://{_ADDRESS}:\d+"
OF_A_SERVICE = re.compile(
    rf"SIGHTEN(?:_[A-Z0-9_]+)?_(?:SERVICE_HOST={_ADDRESS}|SERVICE_PORT(?:_[A-Z0-9_]+)?=\d+|PORT={_URL}"
    rf"|PORT_\d+_(?:TCP|UDP|SCTP)(?:={_URL}|_PROTO=(?:tcp|udp|sctp)|_PORT=\d+|_ADDR={_ADDRESS}))"
)


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What of the environment claims to be a setting; what Kubernetes says of a Service is left out."""
    return {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not OF_A_SERVICE.fullmatch(f"{name}={value}")
    }


def given_text(setting: str, environ: Mapping[str, str]) -> str:
    """What is given for that setting, by its variable or in the file that `…_FILE` names; empty if it is not given.

    Raises:
        ValueError: the file holds no secret, or both are given; the message shows no secret.
    """
    text, file = environ.get(setting, ""), environ.get(setting + IN_A_FILE)
    if not file:
        return text
    if text:
        raise ValueError(f"expected either this or {setting}, got both")
    return _secret_in(Path(file).expanduser())


def _secret_in(path: Path) -> str:
    try:
        text = path.read_bytes().decode().strip()
    except UnicodeDecodeError:
        raise ValueError(f"expected {path} to hold one line of text, got other bytes") from None
    except OSError as error:
        raise ValueError(f"expected a readable file that holds the secret, got {path}: {error.strerror}") from None
    if not text or len(text.splitlines()) > 1:
        raise ValueError(f"expected {path} to hold one line of text, got {'several' if text else 'an empty file'}")
    return text
