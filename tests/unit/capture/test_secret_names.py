"""Which parameters hold a secret, by their names and values."""

from typing import Any

import pytest
from tests.stories import Story

from cellmill.capture.secret_names import is_named_like_a_secret, is_secret
from cellmill.capture.secrets import MASK, Masker
from cellmill.core.events import TrainingStarted
from cellmill.core.ids import ExecutionId, RunId

LONG = "a1B2c3D4e5F6g7H8i9J0"
SECRETS: list[tuple[str, Any]] = [
    *((name, "hunter2") for name in (
        "password", "db_password", "API_KEY", "apiKey", "openai_token", "authToken", "token", "token_2", "hf_token",
        "client_secret", "secret_key", "credentials", "openai_key", "db_key", "key", "ssh_key_2", "db_pass", "dsn",
        "token_db", "step__api_key", "token2", "openai_key_2", "aws_accesskey", "db_pwd", "encryption_key",
    )),
    ("access_tokens", ["hunter2"]), ("api_keys", {"ada": "hunter2"}), ("password", 123456), ("api_key", None),
    ("key", ""), ("sort_key", LONG), ("pad_token", LONG),
]  # fmt: skip
ORDINARY: list[tuple[str, Any]] = [
    ("max_tokens", 256), ("n_tokens", 3), ("pad_token_id", 5), ("secret_fraction", 0.2), ("use_password", True),
    ("token_type", "wordpiece"), ("tfidfvectorizer__token_pattern", r"(?u)\b\w\w+\b"), ("pad_token", "[PAD]"),
    ("eos_token", "<|endoftext|>"), ("stop_tokens", ["the", "a"]), ("my_tokenizer", "bert-base-uncased"),
    ("sort_key", "date"), ("group_key", "store_id"), ("key", "species"), ("keys", ["a1"]), ("monkey", "george"),
    ("token_url", "https://example.org/token"), ("compass", "north"), ("pattern", "x"), ("api_keys", []),
    ("low_pass", "butter"), ("first_pass", "coarse"), ("x2_key", "order"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_secret_is_known_by_its_name(name: str, value: Any) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), ORDINARY)
def test_a_number_and_the_words_of_other_trades_are_none(name: str, value: Any) -> None:
    assert not is_secret(name, value)


VARIABLES = [
    "MYSQL_PWD", "DB_PWD", "SQL_PWD", "ORACLE_PWD", "PGPASSWORD", "OPENAI_KEY_2", "TOKEN2", "AWS_ACCESSKEY", "HF_TOKEN",
    "SENTRY_DSN", "GH_PAT", "SMTP_PASS", "ENCRYPTIONKEY", "DATABASE_URL", "GOOGLE_APPLICATION_CREDENTIALS", "sort_key",
]  # fmt: skip
OTHERS = [
    "PWD",
    "OLDPWD",
    "HOME",
    "TOKENIZERS_PARALLELISM",
    "KEYBOARD",
    "SSH_AUTH_SOCK",
    "LS_COLORS",
    "PATTERN",
    "MONKEY",
]


def test_environment_variables_are_told_by_the_same_words() -> None:
    assert [name for name in VARIABLES if not is_named_like_a_secret(name)] == []
    assert [name for name in OTHERS if is_named_like_a_secret(name)] == []


def test_what_a_parameter_of_that_name_would_be_is_a_variable_and_a_text_of_it_too() -> None:
    words = ["password", "passphrase", "secret", "api_key", "account_key", "auth_key", "private_key", "encryption_key"]
    words += ["conn_str", "connection_string", "db_pwd", "db_pass", "access_token", "credentials"]
    texts = [f"{word} = 'hunter2!x'" for word in words] + [f"{word.upper()}=hunter2x" for word in words]
    assert [word for word in words if not is_secret(word, "x") or not is_named_like_a_secret(word.upper())] == []
    assert [text for text in texts if "hunter2" in Masker({}).mask(text)] == []


def test_what_is_no_secret_is_a_parameter_of_the_run(story: Story) -> None:
    story.ran("given", "max_tokens = 300\npad_token_id = 6\nsort_key = 'date'\nhf_token = 'hunter2'\npassword = 123456")
    with story.cell("fit", "model = Tree(max_tokens, pad_token_id, sort_key, hf_token, password).fit(X, y)"):
        story.trains("aa00000001")
    found = {one.name: one.value for one in story.runs()[0].parameters if one.source == "notebook"}
    assert found == {"max_tokens": "300", "pad_token_id": "6", "sort_key": "date"}


def test_parameters_of_estimators_are_masked_by_the_same_rule() -> None:
    params = {"tfidf__token_pattern": r"(?u)\b\w\w+\b", "pad_token_cost": "-1e-05", "hub__token": "hunter2"}
    event = TrainingStarted(RunId("r"), ExecutionId("e"), 1, "sklearn", "Pipeline", params, ())
    masked = Masker({}).mask_event(event)
    assert isinstance(masked, TrainingStarted)
    assert masked.params == {**params, "hub__token": MASK}
