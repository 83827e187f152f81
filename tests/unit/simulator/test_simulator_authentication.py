"""The simulated sender authenticates by each scheme of the receiver."""

import os
from collections.abc import Callable, Mapping

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.simulate import simulate
from sighten_warehouse.errors import SettingError
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.settings import read_settings
from support.receiving import PATH, Running
from support.signing import WHSEC

SCHEMES = {
    "header": {"AUTH": "header", "SECRET": "schlüssel €", "HEADER": "Authorization"},
    "basic": {"AUTH": "basic", "SECRET": "jörg:pass:word"},
    "hex": {"AUTH": "hmac", "SECRET": "a secret"},
    "base64": {"AUTH": "hmac", "SECRET": "a secret", "ENCODING": "base64", "PREFIX": "sha256="},
    "standard": {"AUTH": "hmac", "SECRET": WHSEC},
    "standard, raw": {"AUTH": "hmac", "SECRET": "a raw one", "HEADER": "webhook-signature"},
}


def environment(scheme: str) -> dict[str, str]:
    return {f"SIGHTEN_WEBHOOK_{name}": text for name, text in SCHEMES[scheme].items()}


def deliver(receiver: Running, *options: str, env: Mapping[str, str]) -> Result:
    to = f"http://127.0.0.1:{receiver.port}{PATH}"
    unset = {name: None for name in os.environ if name.startswith("SIGHTEN_")}
    return CliRunner().invoke(simulate, ["deliver", "--to", to, "--milestones", "1", *options], env=unset | env)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_sender_with_the_receivers_settings_is_accepted_and_with_another_secret_is_not(
    serve: Callable[..., Running], scheme: str
) -> None:
    receiver = serve(authentication=authenticator(read_settings(environment(scheme))))

    refused = deliver(receiver, env=environment(scheme) | {"SIGHTEN_WEBHOOK_SECRET": "other:secret"})
    refused_lines = len(receiver.lines())
    accepted = deliver(receiver, env=environment(scheme))

    assert (1, 0) == (refused.exit_code, refused_lines)
    assert "x status 401" in refused.stderr
    assert (0, True) == (accepted.exit_code, "refused 0" in accepted.output), accepted.output
    assert 2 <= len(receiver.lines())


def test_the_first_of_several_secrets_is_used(serve: Callable[..., Running]) -> None:
    receiver = serve(authentication=authenticator(read_settings(environment("hex"))))

    exit_codes = [
        deliver(receiver, env=environment("hex") | {"SIGHTEN_WEBHOOK_SECRET": secrets}).exit_code
        for secrets in ("a secret,a new one", "a new one,a secret")
    ]

    assert [0, 1] == exit_codes


@pytest.mark.parametrize(
    ("auth", "scheme"), [("header", "header"), ("basic", "basic"), ("hmac", "hex"), ("standard", "standard, raw")]
)
def test_scheme_and_secret_may_be_options(serve: Callable[..., Running], auth: str, scheme: str) -> None:
    settings = environment(scheme)
    receiver = serve(authentication=authenticator(read_settings(settings)))
    header = {"SIGHTEN_WEBHOOK_HEADER": settings.get("SIGHTEN_WEBHOOK_HEADER", "")}

    result = deliver(receiver, "--auth", auth, "--secret", settings["SIGHTEN_WEBHOOK_SECRET"], env=header)

    assert 0 == result.exit_code, result.output


def test_without_a_secret_nothing_is_sent(serve: Callable[..., Running]) -> None:
    receiver = serve()

    result = deliver(receiver, "--auth", "hmac", env={})

    assert isinstance(result.exception, SettingError)
    assert "SIGHTEN_WEBHOOK_SECRET: not set" in str(result.exception)
    assert [] == receiver.lines()
