"""The settings file, well and badly written."""

from pathlib import Path

import pytest

from cellmill.core.errors import BadSettings
from cellmill.core.settings import Settings, read_settings


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "settings.toml") == Settings()


def test_the_file_holds_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("# ours\nkeep_models = false\nmax_model_mb = 5\n")
    assert read_settings(path) == Settings(keep_models=False, max_model_mb=5)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"capture = maybe", "it is not TOML"),
        (b"\xff\xfe", "it cannot be read"),
        (b"captures = true", "there is no setting 'captures'; 'capture' is near"),
        (b"colour = 'blue'", "there is no setting 'colour'"),
        (b"capture = 'yes'", "'capture' takes true or false, not 'yes'"),
        (b"capture = 1", "'capture' takes true or false, not 1"),
        (b"max_runs_per_cell = 2.5", "'max_runs_per_cell' takes a whole number, not 2.5"),
        (b"max_model_mb = true", "'max_model_mb' takes a number, not True"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(BadSettings) as raised:
        read_settings(path)
    assert raised.value.path == str(path)
    assert raised.value.reason.startswith(reason)


def test_a_folder_in_the_files_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="it cannot be read"):
        read_settings(tmp_path)
