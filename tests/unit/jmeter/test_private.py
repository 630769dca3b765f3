from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter.private import private_folder, write_private


def test_a_private_file_is_its_owners_alone_and_goes_with_its_folder() -> None:
    with private_folder() as folder:
        write_private(folder / "secret", "sesame")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert not folder.exists()


def test_a_file_that_is_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept", encoding="ascii")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(JMeterError, match="can't write a temporary file"):
        write_private(tmp_path / "link", "sesame")
    assert (tmp_path / "target").read_text(encoding="ascii") == "kept"


def test_no_place_for_temporary_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(JMeterError, match=r"can't write a temporary file.*TMPDIR"), private_folder():
        pass
