"""What is secret in a text is masked, and nothing else is."""

import ast
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.capture.planted import planted
from tests.unit.core.test_events import EVERY_EVENT

from cellmill.capture.masked_notebooks import mask_executed, mask_notebook
from cellmill.capture.secrets import MASK, Masker, excluded
from cellmill.core import events
from cellmill.core.event_parts import Failure, FileUse, Output
from cellmill.core.events import Event, ExecutionFinished, ExecutionStarted, TrainingStarted
from cellmill.core.ids import ExecutionId, RunId

PLANTED = planted()


@pytest.fixture
def masker() -> Masker:
    return Masker({"HOME": "/home/ada"})


@pytest.mark.parametrize("kind", PLANTED)
def test_a_secret_of_each_kind_is_masked_where_it_stands(masker: Masker, kind: str) -> None:
    text, secret = PLANTED[kind]
    masked = masker.mask(text)
    assert secret not in masked
    before = text.partition(secret)[0]
    assert MASK in masked
    assert masked.startswith(before[: len(before) // 2])


FORMS = [
    "%env SERVICE_PASSWORD={}", "!export X_PASSWORD={}", 'password = """{}"""',
    "os.environ.setdefault('DB_PASSWORD', '{}')",
    "requests.get(u, auth=('me', '{}'))", "if password == '{}': ok()", "password = ('{}')", "db_password: {}",
    "!curl -u me:{} https://x", "postgres://me:{}/with@slash@host/db", "password = 'several words {}'",
    "os.environ['DB_PWD'] = '{}'", "os.environ['OPENAI_KEY_2'] = '{}'", "os.environ['TOKEN2'] = '{}'", "DB_PWD={}",
    "smtp_pass = '{}'", "OPENAI_KEY={}-0123456789-abcdef",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_password_is_masked_in_every_form_that_people_write(masker: Masker, form: str) -> None:
    assert "hunter2x" not in masker.mask(form.replace("{}", "hunter2x"))


@pytest.mark.parametrize(
    "text", ["password" * 8_000, "eyJ" * 20_000, "SECRET_" * 9_000, "key=" * 16_000, "://a:" * 9_000]
)
def test_a_text_made_to_hold_it_up_does_not(masker: Masker, text: str) -> None:
    text = f"""{text}\n"'=: ;@"""  # every expression looks for more than a word
    began = time.perf_counter()
    masker.mask(text)
    assert time.perf_counter() - began < 2.0  # it took ten seconds where an expression had no end


def test_an_executed_notebook_is_masked_part_by_part(masker: Masker) -> None:
    leaking = 'password = "hunter2!x"\n'
    coloured = "\x1b[32mpassword\x1b[39m=\x1b[33m'hunter2!x'\x1b[39m"
    notebook = {
        "metadata": {"papermill": {"parameters": {"api_key": "hunter2!x", "alpha": 0.5}}},
        "cells": [
            {"cell_type": "code", "source": [leaking, "x = 1"], "outputs": [
                {"output_type": "stream", "text": leaking},
                {"output_type": "error", "evalue": leaking, "traceback": [coloured, "\x1b[31mplain\x1b[39m"]},
                {"output_type": "display_data", "data": {"text/html": [leaking], "image/png": "aGVsbG8="}},
            ]},
        ],
    }  # fmt: skip
    masked = mask_notebook(masker, json.dumps(notebook).encode())
    assert b"hunter2" not in masked
    cell = json.loads(masked)["cells"][0]
    assert cell["source"] == ['password = "***"\n', "x = 1"]
    assert cell["outputs"][1]["traceback"][1] == "\x1b[31mplain\x1b[39m"
    assert cell["outputs"][2]["data"]["image/png"] == "aGVsbG8="


def test_secrets_in_nested_parameters_of_an_executed_notebook_are_masked(masker: Masker) -> None:
    given = {
        "db": {"user": "ada", "password": "hunter2!x", "port": 5},
        "keys": [{"api_key": "hunter2!x"}, "a"],
        "pin": 3,
    }
    given["credentials"] = {"name": ["hunter2!x"]}
    content = json.dumps({"metadata": {"papermill": {"parameters": given}}, "cells": []}).encode()
    masked = json.loads(mask_notebook(masker, content))["metadata"]["papermill"]["parameters"]
    assert masked["db"] == {"user": "ada", "password": MASK, "port": 5}
    assert masked["keys"] == [{"api_key": MASK}, "a"]
    assert "hunter2" not in str(masked)


def test_an_executed_notebook_is_masked_with_what_its_kernel_hides(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "x", "outputs": [{"output_type": "stream", "text": "Tr0ub4dor3"}]}
    content = json.dumps({"metadata": {}, "cells": [cell]}).encode()
    journal = tmp_path / "journal"
    journal.write_text('{"text":"***"}')
    known, unknown = (json.loads(mask_executed(content, hidden, journal)) for hidden in (["Tr0ub4dor3"], None))
    assert known["cells"][0]["outputs"][0]["text"] == MASK
    assert unknown["cells"][0]["outputs"] == []  # the kernel died, and had masked something
    journal.write_text("{}")
    assert b"Tr0ub4dor3" in mask_executed(content, None, journal)


def test_the_value_of_a_variable_that_is_gone_is_still_masked() -> None:
    environment = {"DB_PASSWORD": "correct-horse"}
    masker = Masker(environment)
    assert masker.hidden() == ["correct-horse"]
    del environment["DB_PASSWORD"]
    assert masker.mask("correct-horse") == MASK


def test_many_kinds_are_known() -> None:
    assert len(PLANTED) >= 40


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("kind", [kind for kind, (text, _) in PLANTED.items() if is_python(text) and "'" in text])
def test_a_masked_source_is_still_python(masker: Masker, kind: str) -> None:
    assert is_python(masker.mask(PLANTED[kind][0]))


ORDINARY = [
    "pad_token = '[PAD]'", "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')", "token_pattern=r'\\w+'",
    "eos_token_id = 50256", "df.sort_values(by='key')", "primary_key = 'order_id'", "key = 'species'",
    "CountVectorizer(token_pattern='(?u)\\\\b\\\\w\\\\w+\\\\b')", "x = {'key': 1, 'token': 'the'}",
    "getpass('Password: ')", "password = getpass()", "api_key = os.environ['API_KEY']", "api_key='YOUR_API_KEY'",
    "password='<your password>'", "create_engine(f'mysql://{user}:{password}@host')",
    "https://raw.githubusercontent.com/ageron/handson-ml2/master/datasets/", "git@github.com:a/b.git",
    "model = keras.Sequential([keras.layers.Dense(10)])", "sha256 = '" + "ab12" * 16 + "'", "import secrets",
    "keys = list(d.keys())", "the basic statistics_of_the_data", "http://localhost:8888/lab?x=1", "user:pass",
    "scores['f1_macro'] = 0.5", "commit = '0123456789abcdef0123456789abcdef01234567'", "sk-learn-contrib-package",
    "connect(password=db_pass1, user=me)", "password=given\nsecret=other", "fetch(token=token1)",
    "uuid = '123e4567-e89b-12d3-a456-426614174000'", "AC = 3", "secret = None", "n_tokens = len(tokens)",
    "low_pass = 'butter'", "first_pass = model_2", "s.str.extract(pat='[a-z]+_id')", "PWD=/home/ada/project2",
    "OLDPWD=/home/ada/project2", "SORT_KEY=order_id2", "DATABASE_URL = 'sqlite:///data.db'", "bypass = 'always'",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_stays(masker: Masker, text: str) -> None:
    assert masker.mask(text) == text


def test_the_value_of_a_variable_named_like_a_secret_is_masked_wherever_it_turns_up() -> None:
    environment = {"DB_PASSWORD": "correct-horse", "TOKENIZERS_PARALLELISM": "false", "SSH_AUTH_SOCK": "/tmp/agent.1"}
    masker = Masker(environment)
    assert masker.mask("print: correct-horse, false, /tmp/agent.1") == "print: ***, false, /tmp/agent.1"
    environment["MY_API_KEY"] = "battery-staple"  # as load_dotenv does in mid-session
    assert masker.mask("battery-staple") == MASK


DIFFS = [
    "db_password: Tr0ub4dor3",
    "API_TOKEN=abc123def456",
    "export DB_PASSWORD=abc123def456",
    "  token: abc123def456",
]


@pytest.mark.parametrize("sign", ["+", "-", " ", "++"])
@pytest.mark.parametrize("line", DIFFS)
def test_a_secret_on_a_line_of_a_diff_is_masked(masker: Masker, line: str, sign: str) -> None:
    diff = f"@@ -1 +1 @@\n x: 1\n{sign}{line}\n"
    masked = masker.mask(diff)
    assert masked == diff.replace("Tr0ub4dor3", MASK).replace("abc123def456", MASK)


def test_a_value_that_begins_with_a_slash_is_a_path_only_if_it_is_one(tmp_path: Path) -> None:
    key = "/aZ3bc9De8Fg7Hi6Jk5Lm4No3Pq2Rs1Tu0Vw9Xy8"  # one of 64 keys in Base64 begins so
    there = tmp_path / "Key2024ProductionA"
    there.touch()
    paths = {"SSH_KEY": "/home/ada/.ssh/id_rsa", "X_KEY": str(there), "API_KEY": "~/keys/service.json"}
    masker = Masker({"AWS_SECRET_ACCESS_KEY": key, "DB_PWD": ".hunter2!x", "MY_PASS": "~hunter2!x", **paths})
    text = f"{key} .hunter2!x ~hunter2!x {' '.join(paths.values())}"
    assert masker.mask(text) == f"*** *** *** {' '.join(paths.values())}"
    event = ExecutionFinished(ExecutionId("e"), 1, "ok", (), (), environment={"AWS_SECRET_ACCESS_KEY": key, **paths})
    masked = Masker({}).mask_event(event)
    assert isinstance(masked, ExecutionFinished)
    assert masked.environment == {"AWS_SECRET_ACCESS_KEY": MASK, **paths}


def test_what_a_well_known_detector_finds_is_masked_too(masker: Masker) -> None:
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    plugins = [
        {"name": f"{name}Detector"}
        for name in (
            "AWSKey", "AzureStorageKey", "BasicAuth", "Discord" "BotToken", "GitHubToken", "GitLabToken", "JwtToken",
            "Mailchimp", "OpenAI", "PrivateKey", "PypiToken", "SendGrid", "Slack", "SquareOAuth", "Stripe",
            "TelegramBotToken", "TwilioKey",
        )
    ]  # fmt: skip
    texts = [line for text, _ in PLANTED.values() for line in text.splitlines()]
    with transient_settings({"plugins_used": plugins}):
        found = {str(secret.secret_value) for text in texts for secret in scan_line(text)}
    missed = [secret for secret in found if any(secret in masker.mask(text) for text, _ in PLANTED.values())]
    assert len(found) >= 12
    assert missed == []


# --- events

SECRET = "hunter2!x"
LEAKING = f"password = '{SECRET}'"
# Fields that hold no text of the user's: ids, digests, names of ours, paths, and the user's names.
OURS = {
    "session", "kernel", "host", "root", "cwd", "notebook", "python", "executable", "platform", "cellmill", "user",
    "front_end", "path", "execution", "cell", "tags", "random", "outside", "reads", "writes", "deleted", "aliases",
    "imported_random", "more_files_in",
    "imports", "type", "name", "sha256", "commit", "branch", "diff", "untracked", "distributions", "run", "library",
    "model_class", "parent", "kind", "digest", "target", "flavor", "requirements", "example_sha256", "where", "output",
    "id", "system", "judgement", "what", "layout", "kept", "mode", "outcome", "how", "started_by", "context", "mime",
    "failed", "display",
}  # fmt: skip


def _filled(value: Any, name: str = "") -> Any:
    """Return an event with the leaking text in every field that may hold text of the user's."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        ours = ("note",) if isinstance(value, FileUse | Output) else ()
        filled = {
            f.name: _filled(getattr(value, f.name), f.name) for f in dataclasses.fields(value) if f.name not in ours
        }
        return dataclasses.replace(value, **filled)
    if name in OURS and not (name == "python" and value is not None and "(" in str(value)):
        return value
    if isinstance(value, str):
        return LEAKING
    if isinstance(value, dict):
        return {key: None if inner is None else LEAKING for key, inner in value.items()}
    return tuple(_filled(item, name) for item in value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: type(event).__name__)
def test_every_text_of_the_users_is_masked_in_every_event(masker: Masker, event: Event) -> None:
    masked = masker.mask_event(_filled(event))
    assert SECRET not in repr(masked)
    assert type(masked) is type(event)


def test_every_field_of_an_event_is_either_masked_or_ours() -> None:
    known = OURS | {
        "source", "python", "error", "message", "traceback", "environment", "inherited", "params", "note", "reason",
        "uri", "text",
        "recorded", "replayed", "figures", "notes", "values",
    }  # fmt: skip
    kinds = {kind for kind in vars(events).values() if dataclasses.is_dataclass(kind)}
    texts = {
        f.name
        for kind in kinds
        for f in dataclasses.fields(kind)
        if "str" in str(f.type) or "Failure" in str(f.type) or "Mapping" in str(f.type)
    }
    assert texts - known == set()


def test_a_parameter_named_like_a_secret_is_masked_whatever_it_looks_like(masker: Masker) -> None:
    event = TrainingStarted(RunId("a"), None, 1, "x", "X", {"api_key": "plain words", "alpha": "0.5", "key": "id"})
    masked = masker.mask_event(event)
    assert isinstance(masked, TrainingStarted)
    assert masked.params == {"api_key": MASK, "alpha": "0.5", "key": "id"}


def test_an_event_without_secrets_is_handed_on_as_it_is(masker: Masker) -> None:
    event = ExecutionStarted(ExecutionId("e"), 1, 1, "x = 1", None)
    assert masker.mask_event(event) is event
    finished = ExecutionFinished(ExecutionId("e"), 1, "error", (), (), Failure("E", "no", "line 1"))
    assert masker.mask_event(finished) == finished


# --- cells left out


@pytest.mark.parametrize(
    ("source", "tags", "patterns", "why"),
    [
        ("x = 1", (), (), None),
        ("x = 1", ("cellmill-skip",), (), "its tag cellmill-skip"),
        ("# cellmill: skip\nx = 1", (), (), "its comment"),
        ("x = load('patients')", (), ("patients",), "the setting exclude (patients)"),
        ("x = 1", ("slow",), ("patients",), None),
    ],
)
def test_a_cell_is_left_out_by_its_tag_its_comment_or_a_pattern(
    source: str, tags: tuple[str, ...], patterns: tuple[str, ...], why: str | None
) -> None:
    assert excluded(source, tags, patterns) == why
