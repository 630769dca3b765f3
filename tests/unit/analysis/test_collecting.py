"""What is imported is left alone by Python's collector; while much is made it looks seldom."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from jmxgen.analysis import collecting


def test_what_is_imported_first_is_left_alone_from_then_on() -> None:
    code = (
        "import gc; from jmxgen.analysis import collecting\n"
        "with collecting.importing():\n"
        "    assert not gc.isenabled()\n"
        "    import pandas\n"
        "assert gc.isenabled()\n"
        "assert gc.get_freeze_count() > 50_000, gc.get_freeze_count()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_that_has_pandas_already_keeps_its_collector() -> None:
    import pandas as pd  # noqa: F401

    before = gc.get_freeze_count()
    with collecting.importing():
        assert gc.isenabled()
    assert gc.get_freeze_count() == before


def test_an_import_that_fails_leaves_the_collector_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas")
    with pytest.raises(ImportError), collecting.importing():
        raise ImportError
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_while_much_is_made_the_collector_looks_seldom() -> None:
    before = gc.get_threshold()
    with collecting.seldom():
        assert gc.get_threshold()[0] >= 50_000
    assert gc.get_threshold() == before
