"""A kernel that can do no harm: in a scratch folder, without credentials, and confined by the operating system."""

import os
from collections.abc import Mapping

from cellmill.capture.secret_names import is_named_like_a_secret
from cellmill.capture.secrets import MASK
from cellmill.core.ports import LiveKernel
from cellmill.executors.scratch import Scratch

REPLAYING = "__import__('cellmill.kernel.replaying', fromlist=['x'])"
# Credentials by names that do not say so, and addresses at which a notebook would log to a real store.
_TAKEN_AWAY = ("MLFLOW_", "WANDB_", "COMET_", "DATABRICKS_", "AWS_", "AZURE_", "GOOGLE_", "GCP_", "JPY_", "JUPYTERHUB_")
_TAKEN_AWAY_TOO = ("NETRC", "KAGGLE_CONFIG_DIR", "SSH_AUTH_SOCK", "KUBECONFIG", "HF_HOME_TOKEN")


class NotConfined(RuntimeError):
    """A kernel refused, or knows no such thing: it is of a Cellmill of another version."""


def inherited_environment(inherited: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Return the variables that a kernel is to be started with as the recorded one was; none that was masked."""
    return {
        name: value
        for name, value in inherited.items()
        if not (_is_taken_away(name) or (value is not None and MASK in value))
    }


def _is_taken_away(name: str) -> bool:
    return name.startswith(_TAKEN_AWAY) or name in _TAKEN_AWAY_TOO or is_named_like_a_secret(name)


def scratch_environment(place: Scratch) -> Mapping[str, str | None]:
    """Return what a kernel in a scratch folder is started with: a store of its own, and no credentials."""
    taken: dict[str, str | None] = {name: None for name in os.environ if _is_taken_away(name)}
    return taken | {
        "TMPDIR": str(place.temporary),
        "MLFLOW_TRACKING_URI": f"sqlite:///{(place.folder / 'mlflow.db').as_posix()}",
        "MPLBACKEND": os.environ.get("MPLBACKEND"),
    }


def confine(kernel: LiveKernel, place: Scratch, *, network: bool) -> None:
    """Let a kernel write nowhere but in its scratch folder, and connect to nobody unless `network`.

    Raises `NotConfined`.
    """
    writable = [str(place.folder), *(path for path in ("/dev", "/proc/self") if os.path.isdir(path))]  # noqa: PTH112
    result = kernel.run(f"{REPLAYING}.begin(get_ipython(), {writable!r}, network={network})", silent=True)
    if result.error is not None:
        raise NotConfined(f"its kernel could not be confined ({result.error.type}: {result.error.message[:200]})")
