"""How files are written: what lies at the path decides, and what is there keeps what it was."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from jmxgen.cli import analysis
from jmxgen.cli.output import check_outputs, write_whole
from jmxgen.errors import OutputError, UsageError
from tests import made


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "deep" / "new", "text")
    finally:
        os.umask(before)

    assert (tmp_path / "deep" / "new").read_text() == "text"
    assert stat.S_IMODE((tmp_path / "deep" / "new").stat().st_mode) == 0o640


def test_a_file_that_is_there_keeps_its_mode_and_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.write_text("old")
    path.chmod(0o600)
    with path.open() as reader:
        write_whole(path, "new")

        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["private"]


def test_a_file_keeps_its_owner_also_where_it_cannot_be_given_to_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "theirs"
    path.write_text("older and longer")
    number = path.stat().st_ino
    real, result = Path.stat, os.stat_result

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def stat_of_another(self: Path, **_: object) -> os.stat_result:
        found = real(self)
        return result((*found[:4], 4242 if self == path else found[4], *found[5:]))

    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(Path, "stat", stat_of_another)
    write_whole(path, "new")
    monkeypatch.undo()

    assert path.read_text() == "new"
    assert path.stat().st_ino == number
    assert [entry.name for entry in tmp_path.iterdir()] == ["theirs"]


def test_the_target_of_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, dangling = tmp_path / "link", tmp_path / "dangling"
    (tmp_path / "there" / "file").write_text("old")
    link.symlink_to(tmp_path / "there" / "file")
    dangling.symlink_to("there/new")

    write_whole(link, "one")
    write_whole(dangling, "two")

    assert link.is_symlink()
    assert dangling.is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "one"
    assert (tmp_path / "there" / "new").read_text() == "two"


def test_a_file_of_two_names_is_written_under_both(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("older and longer")
    other.hardlink_to(path)

    write_whole(path, "new")

    assert other.read_text() == "new"
    assert other.samefile(path)


def test_the_reader_of_a_fifo_gets_the_content(tmp_path: Path) -> None:
    path, got = tmp_path / "fifo", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()

    write_whole(path, b"x" * 200_000)
    reader.join()

    assert got == [b"x" * 200_000]
    assert path.is_fifo()


def test_whoever_listens_on_a_socket_gets_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        server.listen()

        write_whole(Path("socket"), "text")

        with server.accept()[0] as connection:
            assert connection.recv(100) == b"text"


def test_a_device_takes_the_content_and_stays_a_device(tmp_path: Path) -> None:
    write_whole(Path(os.devnull), "text")
    with pytest.raises(OutputError, match="can't write /dev/full: No space left"):
        write_whole(Path("/dev/full"), "text")

    assert Path(os.devnull).is_char_device()
    assert Path("/dev/full").is_char_device()


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)

    write_whole(path, "text")

    assert path.read_text() == "text"


@pytest.mark.parametrize("links", [1, 2])
def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path, links: int) -> None:
    import resource

    path = tmp_path / "file"
    path.write_text("old" * 1000)
    if links == 2:
        (tmp_path / "other").hardlink_to(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            write_whole(path, "new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert path.read_text() == "old" * 1000
    assert len(list(tmp_path.iterdir())) == links


def test_folders_and_block_devices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_outputs([tmp_path])
    block = os.stat_result((stat.S_IFBLK | 0o660, *[0] * 9))
    monkeypatch.setattr(Path, "stat", lambda _self, **_: block)
    with pytest.raises(UsageError, match="is a block device"):
        check_outputs([tmp_path / "sda"])


def test_two_outputs_at_one_place_are_refused_however_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "later").symlink_to("new")

    for pair in (["file", "link"], ["new", "./new"], ["later", "new"], ["-", "/dev/stdout"]):
        with pytest.raises(UsageError, match="two outputs go to"):
            check_outputs(pair)
    check_outputs(["file", "new", "-", None, None, os.devnull, os.devnull])


def test_an_input_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "in").touch()
    (tmp_path / "link").symlink_to("in")

    with pytest.raises(UsageError, match="is an input"):
        write_whole(tmp_path / "link", "text", inputs=[tmp_path / "in"])


def test_links_in_a_circle_stay_and_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="symbolic links"):
        write_whole(tmp_path / "a", "text")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_symlink()) == ["a", "b"]


def test_a_link_into_a_folder_that_is_missing_makes_none(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere/file")
    with pytest.raises(OutputError, match="No such file"):
        write_whole(tmp_path / "dangling", "text")
    assert not (tmp_path / "nowhere").exists()


def test_a_report_that_is_not_whole_names_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes | str, **_: object) -> None:
        if path.suffix == ".png":
            raise OutputError(f"can't write {path}: No space left on device")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    monkeypatch.setattr(analysis, "write_whole", full)
    with pytest.raises(
        OutputError, match=r"No space left on device; files of this report .* connections\.csv$"
    ):
        analysis.write_all(made.healthy(), tmp_path)
