"""Secrets come from the environment or a file that only its owner reads; their values are in no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.scenario.secrets import resolve
from jmxgen.scenario.target import Secret


def file(folder: Path, content: bytes, mode: int = 0o600) -> Secret:
    (folder / "key").write_bytes(content)
    (folder / "key").chmod(mode)
    return Secret(file="key")


def fault(secret: Secret, folder: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        resolve({"k": secret}, folder=folder, environment={})
    return str(caught.value)


def test_a_secret_comes_from_the_environment_or_a_tight_file(tmp_path: Path) -> None:
    secrets = {"a": Secret(env="A"), "b": file(tmp_path, b"  s3cret\r\nmore\n")}

    assert resolve(secrets, folder=tmp_path, environment={"A": "x=y #"}) == {"a": "x=y #", "b": "s3cret"}


def test_a_file_that_others_read_is_refused_without_its_value(tmp_path: Path) -> None:
    found = fault(file(tmp_path, b"hunter2", 0o644), tmp_path)

    assert "others can read the secret 'k' (chmod 600 key)" in found
    assert "hunter2" not in found


def test_what_is_missing_is_told_for_all_secrets_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        resolve(
            {"a": Secret(env="NONE"), "b": Secret(file="none"), "c": Secret(file=".")},
            folder=tmp_path,
            environment={"NONE": ""},
        )

    assert [f.what for f in caught.value.faults] == [
        "the secret 'a' has no value",
        "can't read the secret 'b': No such file or directory",
        "can't read the secret 'c': Is a directory",
    ]


@pytest.mark.parametrize("content", [b"", b"\n", b"   \n", b"\xff"])
def test_an_empty_or_broken_file_is_no_secret(tmp_path: Path, content: bytes) -> None:
    assert "the secret 'k'" in fault(file(tmp_path, content), tmp_path)
