"""Which parameters hold a secret: by what they are called, and by what they are.

`token` and `key` are words of other trades too: of texts that are cut into tokens, of tables that are sorted and
joined. Beside the words of those trades a text must look like a secret to be taken for one.
"""

import re
from collections.abc import Mapping

_ALWAYS = re.compile(
    r"passw|passphrase|secret|api_?key|access_?key|account_?key|auth_?key|private_?key|credential|"
    r"conn(?:ection)?_?str|database_url"
)
_LAST = frozenset(("pass", "pwd", "pat", "dsn"))
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
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return words[-1] in _MAY_BE_NUMBERS
    if isinstance(value, Mapping):
        return any(is_secret(name, each) for each in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(is_secret(name, each) for each in value)
    return _is_named(words, value if isinstance(value, str) else "")


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
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    last = words[-1]
    if last == "key":
        return looks_it or (words[-2] not in _BEFORE_KEY if len(words) > 1 else not _WORDS_ALONE.fullmatch(text))
    return last in _LAST
