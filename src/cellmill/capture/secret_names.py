"""Which names say that their value is a secret: of parameters, of environment variables, and in texts.

`token` and `key` are words of other trades too: of texts that are cut into tokens, of tables that are sorted and
joined. Beside the words of those trades a parameter's text must look like a secret to be taken for one.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# Words that say it wherever they stand in a name, as expressions; `secrets.py` looks for the same in texts.
WORDS = (
    *("passwor[dt]", "passw[dr]", "passphrase", "secret", "credentials?", "conn(?:ection)?_?str(?:ing)?"),
    *("api_?key", "access_?key", "account_?key", "auth_?key", "private_?key", "encryption_?key"),
)
# Words that say it at the end of a name, and what makes of a `pass` one of a filter or of a loop.
LAST = ("pass", "pwd", "pat", "dsn")
OTHER_PASSES = ("low", "high", "band", "all", "first", "second", "last", "single", "two", "forward", "backward")
# An address of a database may hold no password at all; in a text it is looked at as an address.
_ALWAYS = re.compile("|".join((*WORDS, "database_?url")))
_FOLDERS = frozenset(("PWD", "OLDPWD"))
_MAY_BE_NUMBERS = frozenset(("password", "passwd", "passphrase", "pwd", "pin", "passcode"))
_GIVES_ACCESS = frozenset(("api", "access", "auth", "bearer", "refresh", "session", "bot", "user"))
_OF_TEXTS = """
pad eos bos unk sep cls mask sos oov start end stop special separator delimiter split word subword image audio video
blank pattern type types id ids level length len limit count counts counter size dim column columns col field fields
kind mode regex filter embedding embeddings budget rate usage map index position positions strategy format
classification freq vocab list weight weights logits prob probs merge url uri endpoint file path dir
"""
_OF_TABLES = """
sort order group grouping partition primary foreign join merge index row column col lookup dict map date unique
natural surrogate composite candidate target label feature features dataset metric score image text answer question
item field cell batch obs layer entity split legend color colour hue time input output cache x y
"""
_BESIDE_TOKEN, _BEFORE_KEY = frozenset(_OF_TEXTS.split()), frozenset(_OF_TABLES.split())
_LOOKING_IT = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w+=-]{20,}")
_WORDS_ALONE = re.compile(r"[^\W\d]+(?:[ .][^\W\d]+)*")


def is_secret(name: str, value: object) -> bool:
    """Whether a parameter's value is nobody's business.

    A number is none, unless it is called a password, nor is what holds no text. Of None it is told by the name alone.
    """
    words = _words(name)
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return words[-1] in _MAY_BE_NUMBERS
    if isinstance(value, Mapping):
        return any(is_secret(name, each) for each in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(is_secret(name, each) for each in value)
    return _is_named(_without_numbers(words), value if isinstance(value, str) else "")


@lru_cache(maxsize=4_096)
def is_named_like_a_secret(variable: str) -> bool:
    """Whether an environment variable's name says that its value is nobody's business. For parameters: `is_secret`."""
    if variable in _FOLDERS:
        return False
    words = _without_numbers(_words(variable))
    if _ALWAYS.search("_".join(words)) or _ends_so(words, "key"):
        return True
    return any(word.endswith(("token", "tokens")) for word in words)


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def _without_numbers(words: list[str]) -> list[str]:
    """`OPENAI_KEY_2` and `TOKEN2` are called what `OPENAI_KEY` and `TOKEN` are."""
    return [bare for word in words if (bare := word.rstrip("0123456789"))] or words


def _ends_so(words: list[str], *also: str) -> bool:
    return words[-1] in (*LAST, *also) and not (words[-1] == "pass" and words[-2:-1] and words[-2] in OTHER_PASSES)


def _is_named(words: list[str], text: str) -> bool:
    if _ALWAYS.search("_".join(words)):
        return True
    looks_it = _LOOKING_IT.fullmatch(text) is not None
    for at, word in enumerate(words):
        before, after = (words[at - 1] if at else ""), "".join(words[at + 1 : at + 2])
        if word == "tokens" and before in _GIVES_ACCESS:
            return True
        if word == "token" and (looks_it or not {before, after} & _BESIDE_TOKEN):
            return True
    if words[-1] == "key":
        return looks_it or (words[-2] not in _BEFORE_KEY if len(words) > 1 else not _WORDS_ALONE.fullmatch(text))
    return _ends_so(words)
