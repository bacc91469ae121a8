"""Who may ask what. Derived from the handlers themselves, so that a new one is covered too."""

import re
from collections.abc import Iterator

import pytest
from tests.server.jupyter import READER, WRITER, Jupyter
from tornado.web import RequestHandler

from cellmill.server.extension import HANDLERS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def doors() -> Iterator[tuple[str, str]]:
    """Every method that a handler answers, with a path that leads to it."""
    for pattern, handler in HANDLERS:
        path = re.sub(r"\([^)]*\)", "aa00000001", pattern)
        for method in METHODS:
            if getattr(handler, method.lower()) is not getattr(RequestHandler, method.lower()):
                yield method, path


DOORS = sorted(set(doors()))
WRITING = [(method, path) for method, path in DOORS if method not in ("GET", "HEAD")]
BODY: dict[str, str] = {}


def test_every_handler_has_a_door() -> None:
    assert len({path for _, path in DOORS}) == len(HANDLERS)
    assert WRITING


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize("token", [None, "stranger"])
def test_nobody_is_let_in_without_a_token(server: Jupyter, method: str, path: str, token: str | None) -> None:
    assert server.ask(path, method, BODY, token=token).status_code in (401, 403)


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_who_may_only_read_does_not_write(server: Jupyter, method: str, path: str) -> None:
    assert server.ask(path, method, BODY, token=READER).status_code == 403


@pytest.mark.parametrize(("method", "path"), [door for door in DOORS if door not in WRITING])
def test_who_may_only_read_may_read(server: Jupyter, method: str, path: str) -> None:
    assert server.ask(path, method, token=READER).status_code in (200, 400, 404)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_who_may_write_is_let_in(server: Jupyter, method: str, path: str) -> None:
    assert server.ask(path, method, BODY, token=WRITER).status_code in (200, 400, 404)


@pytest.mark.parametrize("path", sorted({path for _, path in DOORS}))
def test_a_method_that_nobody_answers_is_refused(server: Jupyter, path: str) -> None:
    assert server.ask(path, "PATCH", token=WRITER).status_code == 405
