"""Loads Cellmill into a Jupyter server."""

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join

from cellmill.capture.hosting import announce_server
from cellmill.server.attempts import Attempts
from cellmill.server.capture import CaptureHandler
from cellmill.server.changes import CHANGES_SCHEMA, Changes
from cellmill.server.clients import Clients, watch_connections
from cellmill.server.figures import FigureHandler
from cellmill.server.kernels import Kernels
from cellmill.server.models import ModelsHandler
from cellmill.server.parameters import ActivityHandler, ParametersHandler, PicksHandler
from cellmill.server.pipelines import PipelineGraphHandler, PipelineRunHandler, PipelinesHandler
from cellmill.server.replaying import Replays
from cellmill.server.replays import RecipeHandler, ReplayHandler, ReplaysHandler
from cellmill.server.running import PipelineRuns
from cellmill.server.runs import RegistrationHandler, RunHandler, RunsHandler, TrialsHandler
from cellmill.server.splits import SplitsHandler
from cellmill.server.splitting import Splits
from cellmill.server.sweeps import SweepPictureHandler
from cellmill.server.watch import Watch
from cellmill.server.workspace import Workspace

API = "cellmill/api"

HANDLERS = (
    ("runs", RunsHandler),
    (r"runs/([0-9a-zA-Z]+)", RunHandler),
    (r"runs/([0-9a-zA-Z]+)/trials", TrialsHandler),
    (r"runs/([0-9a-zA-Z]+)/figures/([0-9a-zA-Z]+)", FigureHandler),
    (r"runs/([0-9a-zA-Z]+)/registration", RegistrationHandler),
    (r"runs/([0-9a-zA-Z]+)/recipe", RecipeHandler),
    (r"runs/([0-9a-zA-Z]+)/replay", ReplayHandler),
    ("replays", ReplaysHandler),
    ("parameters", ParametersHandler),
    ("parameters/activity", ActivityHandler),
    ("parameters/picks", PicksHandler),
    (r"sweeps/([0-9a-zA-Z]+)/picture", SweepPictureHandler),
    ("pipelines", PipelinesHandler),
    ("pipelines/graph", PipelineGraphHandler),
    ("pipelines/runs", PipelineRunHandler),
    ("splits", SplitsHandler),
    ("models", ModelsHandler),
    ("capture", CaptureHandler),
)


def load(serverapp: Any) -> None:
    """Add the handlers, announce the server to its kernels, and start to watch the journals."""
    root = Path(serverapp.root_dir).resolve()
    announce_server(root)
    _hide_passing_files(serverapp.contents_manager)
    serverapp.event_logger.register_event_schema(CHANGES_SCHEMA)
    changes = Changes(serverapp.event_logger)
    workspace = Workspace(root)
    kernels = Kernels(serverapp.session_manager, workspace)
    kernels.listen(serverapp.event_logger, serverapp.kernel_manager)
    clients = Clients(workspace)
    web_app = serverapp.web_app
    watch_connections(web_app, clients, serverapp.log)
    web_app.settings.update(
        cellmill_workspace=workspace,
        cellmill_kernels=kernels,
        cellmill_changes=changes,
        cellmill_clients=clients,
        cellmill_replays=Replays(workspace, changes, serverapp.log),
        cellmill_attempts=Attempts(workspace, changes, serverapp.log),
        cellmill_pipeline_runs=PipelineRuns(workspace, changes, serverapp.log),
        cellmill_splits=Splits(workspace, changes, serverapp.log),
    )
    base = web_app.settings["base_url"]
    web_app.add_handlers(".*$", [(url_path_join(base, API, path), handler) for path, handler in HANDLERS])
    watch = Watch(workspace, kernels, clients, changes, serverapp.log)
    serverapp.io_loop.add_callback(watch.start)
    serverapp.log.info("Cellmill captures the notebooks under %s", root)


def _hide_passing_files(contents_manager: Any) -> None:
    """SQLite's own files come and go beside the store, and Jupyter answers 404 for a folder in which one just went."""
    shown = getattr(contents_manager, "hide_globs", None)
    if shown is not None:
        contents_manager.hide_globs = [*shown, *(f"mlflow.db-{kind}" for kind in ("journal", "wal", "shm"))]
