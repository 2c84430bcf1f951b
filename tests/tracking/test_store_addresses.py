from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from pipeline import tracking
from pipeline.errors import InputError
from pipeline.tracking import store


def test_a_relative_database_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert store.absolute("sqlite:///mlflow.db") == f"sqlite:///{tmp_path}/mlflow.db"
    assert store.absolute(f"sqlite:///{tmp_path}/x.db") == f"sqlite:///{tmp_path}/x.db"
    assert store.absolute("https://team.example/mlflow") == "https://team.example/mlflow"


@pytest.mark.parametrize("uri", ["mlruns", "file:///tmp/mlruns", "sqlite:///", "s3://bucket/x"])
def test_addresses_that_are_not_mlflow_stores_are_refused(uri: str) -> None:
    with pytest.raises(InputError, match=r"tracking\.uri="):
        store.absolute(uri)


def test_looking_for_a_champion_creates_no_store(tmp_path: Path) -> None:
    assert tracking.champion(f"sqlite:///{tmp_path}/mlflow.db", "rhetoric") is None
    (tmp_path / "empty.db").touch()
    assert tracking.champion(f"sqlite:///{tmp_path}/empty.db", "rhetoric") is None
    assert [path.name for path in tmp_path.rglob("*")] == ["empty.db"]
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_a_file_that_is_not_sqlite_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("Dear diary, today I was not a database.")
    with pytest.raises(InputError, match="not SQLite"):
        tracking.champion(f"sqlite:///{tmp_path}/mlflow.db", "rhetoric")


def test_an_unreachable_server_is_reported_quickly_in_one_line_without_the_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    for scheme in ("http", "postgresql"):
        with pytest.raises(InputError) as caught:
            tracking.champion(f"{scheme}://anna:secret@127.0.0.1:{port}", "rhetoric")
        message = str(caught.value)
        assert f"{scheme}://127.0.0.1:{port} cannot be reached" in message
        assert "secret" not in message
        assert "\n" not in message
    assert time.monotonic() - started < 5


def test_a_partly_created_store_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed_half_way(uri: str) -> None:
        Path(uri.removeprefix("sqlite:///")).write_bytes(b"SQLite format 3\x00 half the tables")
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_open", killed_half_way)
    with pytest.raises(KeyboardInterrupt):
        store.client(f"sqlite:///{tmp_path}/mlflow.db")
    assert list(tmp_path.iterdir()) == []
