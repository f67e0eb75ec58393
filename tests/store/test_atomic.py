"""Files and folders are wholly there or not at all."""

import pytest

from tutelage.store import atomic_file, atomic_folder, write_atomically


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_atomically(path, "ä")
    assert path.read_bytes() == "ä".encode()
    write_atomically(path, b"\0")
    assert path.read_bytes() == b"\0"
    assert list(path.parent.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def fail():
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "model"
    for name in ("one", "two"):
        with atomic_folder(path) as folder:
            (folder / "sub").mkdir()
            (folder / "sub" / name).write_text(name)
            assert not (path / "sub" / name).exists()
    assert [file.name for file in path.rglob("*")] == ["sub", "two"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = tmp_path / "model"
    with atomic_folder(path) as folder:
        (folder / "a").write_text("old")

    def fail():
        with atomic_folder(path) as folder:
            (folder / "a").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (path / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
