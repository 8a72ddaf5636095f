"""Where the library looks for matchd when it is told, and when it is not."""

import pytest
from matchd.endpoint import endpoints


def ipc(directory):
    return f"ipc://{directory}/commands.sock", f"ipc://{directory}/feed.sock"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("MATCHD_RUNTIME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_what_is_given_is_a_directory_or_two_endpoints(tmp_path):
    assert endpoints("/run/m") == endpoints("ipc:///run/m") == ipc("/run/m")
    assert endpoints(tmp_path / "r") == ipc(tmp_path / "r")
    assert endpoints("tcp://127.0.0.1:1,tcp://127.0.0.1:2") == ("tcp://127.0.0.1:1", "tcp://127.0.0.1:2")


def test_without_it_the_environment_counts_and_then_the_system(tmp_path, monkeypatch):
    assert endpoints(None) == ipc("/run/matchd")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert endpoints(None) == ipc("/run/matchd"), "no socket is there"
    (tmp_path / "matchd").mkdir()
    (tmp_path / "matchd" / "commands.sock").touch()
    assert endpoints(None) == ipc(tmp_path / "matchd")
    monkeypatch.setenv("MATCHD_RUNTIME", "/srv/m")
    assert endpoints(None) == ipc("/srv/m")


@pytest.mark.parametrize("wrong", [",", "tcp://127.0.0.1:1,", "ipc://,ipc://x", "/" + "x" * 100])
def test_what_cannot_be_one_is_refused(wrong):
    with pytest.raises(ValueError, match="empty|107 bytes"):
        endpoints(wrong)
