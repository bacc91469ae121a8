"""Keys and passwords are masked before anything is written: in sources, outputs, parameters, errors, addresses.

Three things are looked for: tokens that have a form of their own, values that stand where a secret stands
(`password = "…"`, `https://user:…@host`), and the values of environment variables that are named like secrets.
What is masked keeps its place: a source whose strings were masked still parses.

The forms are those that the issuers publish. Of a general detector nothing is loaded here, for it would be
loaded into the user's kernel (docs/decisions/012-secrets.md); the tests hold this table against one.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from cellmill.capture.secret_names import OTHER_PASSES, WORDS, is_named_like_a_secret, is_secret
from cellmill.core.event_parts import Failure, Output
from cellmill.core.events import (
    CaptureFailed,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    NotebookExecuted,
    OutputsShown,
    ReplayEnded,
    TrackedElsewhere,
    TrainingFinished,
    TrainingStarted,
)

MASK = "***"
# A cell that its user wants to keep to themselves.
SKIP_TAG = "cellmill-skip"
SWITCH_COMMENT = r"(?m)^[ \t]*#[ \t]*cellmill:[ \t]*(?P<switch>on|off)\b"
SKIP_COMMENT = r"(?m)^[ \t]*#[ \t]*cellmill:[ \t]*skip\b"
SHORTEST_VALUE = 8  # of an environment variable: shorter ones are too likely to be words

MOST_VALUES = 500  # of variables that are remembered: a cell may set others in a loop

# What a token of each issuer begins with, which is looked for first, and its form.
TOKENS: tuple[tuple[str, str, str], ...] = (
    ("AWS access key", "AKIA ASIA ABIA ACCA A3T", r"(?<![A-Z0-9])(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}(?![A-Z0-9])"),
    ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("GitHub fine-grained token", "github_pat_", r"github_pat_[A-Za-z0-9_]{40,}"),
    ("GitLab token", "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glsoat- gloas-", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|oas)-[\w-]{20,}"),
    ("Slack token", "xox xapp-", r"(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", "hooks.slack.com", r"(?<=hooks\.slack\.com/services/)[\w/]{20,}"),
    ("Stripe key", "_live_ _test_ whsec_", r"(?:[srp]k_(?:live|test)|whsec)_[0-9a-zA-Z]{16,}"),
    ("OpenAI or Anthropic key", "sk-", r"(?<![\w-])sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}"),
    ("Hugging Face token", "hf_ api_org_", r"(?<!\w)(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    ("Google API key", "AIza", r"AIza[0-9A-Za-z_-]{35}"),
    ("Google OAuth", "ya29. GOCSPX-", r"(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    ("JSON web token", "eyJ", r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w.+/=-]*)?"),
    ("private key", "PRIVATE KEY", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"),
    ("PuTTY key", "PuTTY-User-Key-File", r"PuTTY-User-Key-File-\d[\s\S]*?(?:Private-MAC: \w+|\Z)"),
    ("SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    ("Mailchimp key", "-us", r"(?<!\w)[0-9a-f]{32}-us\d{1,2}"),
    ("npm token", "npm_ _authToken", r"npm_[A-Za-z0-9]{30,}|(?<=_authToken=)[\w-]{20,}"),
    ("PyPI token", "pypi-AgE", r"pypi-AgE[\w-]{50,}"),
    ("Square token", "sq0", r"sq0(?:csp|atp|idp)-[\w-]{20,}"),
    ("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    ("Databricks token", "dapi", r"(?<!\w)dapi[a-f0-9]{32}(?:-\d)?"),
    ("Azure storage key", "AccountKey= SharedAccessKey=", r"(?<=Key=)[A-Za-z0-9+/]{40,}={0,2}"),
    ("Azure shared access", "sig=", r"(?<=[?&]sig=)[A-Za-z0-9%/+=]{30,}"),
    ("AWS signature", "X-Amz-", r"(?<=X-Amz-Signature=)[0-9a-f]{64}|(?<=X-Amz-Security-Token=)[\w%/+=-]{30,}"),
    ("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("Notion token", "secret_ ntn_", r"(?<!\w)(?:secret|ntn)_[A-Za-z0-9]{40,}"),
    ("Airtable token", "pat", r"(?<!\w)pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("Vault token", "hvs. hvb.", r"(?<!\w)hv[bs]\.[\w-]{24,}"),
    ("Grafana token", "glsa_ glc_", r"(?<!\w)gl(?:sa|c)_[A-Za-z0-9_=+/]{32,}"),
    ("New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    ("Sentry token", "sntrys_", r"sntrys_[\w=+/-]{30,}"),
    ("Postman key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("Replicate token", "r8_", r"(?<!\w)r8_[A-Za-z0-9]{37}"),
    ("Groq key", "gsk_", r"(?<!\w)gsk_[A-Za-z0-9]{40,}"),
    ("Pinecone key", "pcsk_", r"(?<!\w)pcsk_[\w]{40,}"),
    ("LangSmith key", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    ("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    ("Doppler token", "dp.pt. dp.st.", r"(?<!\w)dp\.(?:pt|st)\.[\w.-]{40,}"),
    ("Mapbox token", "sk.eyJ", r"sk\.eyJ[\w.-]{40,}"),
    ("Artifactory token", "AKC", r"(?<![\w+/])AKC[a-zA-Z0-9]{30,}"),
    ("Twilio key", "AC SK", r"(?<!\w)(?:AC|SK)[a-f0-9]{32}(?!\w)"),
    ("Telegram token", ":AA", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?!\w)"),
    ("Discord token", "'M 'N 'O \"M \"N \"O =M =N =O", r"(?<![\w-])[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])"),
    ("W&B key", "wandb", r"(?<=wandb login )[a-f0-9]{40}"),
)  # fmt: skip

# Names that say: here stands a secret. `token` and `key` are words of other trades too, so there the value
# must look it.
_PASS = "pass (?<= [a-z0-9]_pass )" + "".join(f"(?<!{word}_pass)" for word in OTHER_PASSES) + "(?! [a-z_] )"
_IN_TEXTS = (*WORDS, "pwd", "auth_?token", "access_?token", "refresh_?token", "bearer_?token", _PASS)
# A look at the first letter costs half of what asking for each word does.
_NAME = f"(?=[{''.join(sorted({word[0] for word in _IN_TEXTS}))}])(?:{'|'.join(_IN_TEXTS)})"
_NAME_WORDS = ("pass", "pwd", "secret", "key", "token", "credential", "conn")
_SHOUTED_WORDS = (*_NAME_WORDS, "_pat", "_dsn")
# Every repetition has an end: an expression that looks on and on from each place would hold up the kernel.
_AFTER = r"""\w{0,40} ["']? \s{0,8} \]? \s{0,8} (?: : \s{0,8} \w{1,40} \s{0,8} = (?!=) | [!=]?=(?!=) | : ) \s{0,8} \(? [rbf]?"""
_QUOTE = r"""(?P<quote> \"{3} | \'{3} | ["'] )"""
_QUOTED = rf"""(?ix) (?P<before> {_NAME} {_AFTER} ) {_QUOTE} (?P<value> [^"'\s]{{4,}} ) (?P=quote)"""
# A password may be several words, where it is assigned.
_WORDED = rf"""(?ix) (?P<before> (?:password|passwd|passphrase) \s{{0,8}} = \s{{0,8}} ) {_QUOTE} (?P<value> [^"'\n]{{6,200}} ) (?P=quote)"""
_LOOKING_IT = r"""(?= [^"']{0,200} \d ) (?= [^"']{0,200} [A-Za-z] ) [A-Za-z0-9_./+=-]{20,}"""
_TOKEN_QUOTED = rf"""(?ix) (?P<before> (?: token | (?<![a-z]) key | (?<![a-z]) sas | (?<![a-z]) dsn ) ["']? \s{{0,8}} \]? \s{{0,8}} [:=] \s{{0,8}} [rbf]? )
    {_QUOTE} (?P<value> {_LOOKING_IT} ) (?P=quote)"""
_ENTRY = rf"""(?ix) (?P<before> (?: token | _key | _pat | _dsn ) [\d_]{{0,4}} ["'] \s{{0,8}} \] \s{{0,8}} = \s{{0,8}} ) {_QUOTE} (?P<value> [^"'\s]{{4,}} ) (?P=quote)"""
# `os.environ.setdefault("DB_PASSWORD", "…")`, `auth=("me", "…")`, `HTTPBasicAuth("me", "…")`.
_SECOND = rf"""(?ix) (?P<before> (?: (?:setdefault|putenv|setenv) \( \s{{0,8}} ["'] \w{{0,40}} (?:{_NAME}|token|_key|_pat|_dsn) \w{{0,40}} ["'] | auth \w{{0,20}} \s{{0,8}} =? \s{{0,8}} \( \s{{0,8}} ["'][^"']{{0,80}}["'] )
    \s{{0,8}} , \s{{0,8}} ) {_QUOTE} (?P<value> [^"'\n]{{3,200}} ) (?P=quote)"""
# As in connection strings and addresses; as in the output of `env`, in a `.env` file, in YAML and in a shell, and
# on lines of a diff of those.
_BARE = rf"""(?ix) (?P<before> [;&?] \s{{0,8}} {_NAME} \w{{0,40}} = ) (?P<value> [^\s"'&;]{{4,}} )"""
_SHOUTED = rf"""[A-Z0-9_]{{0,60}} (?: (?:{"|".join(WORDS).upper()}|TOKEN|_PWD) [A-Z0-9_]{{0,60}} | _(?:PASS|PAT|DSN)[\d_]{{0,4}} | _KEY[\d_]{{0,4}} (?= =\S{{20}} ) )"""
_LINE = rf"""(?xm) (?P<before> ^ [ \t+-]{{0,20}} {_SHOUTED} = ) (?P<value> (?= \S{{0,200}} \d ) (?= \S{{0,200}} [A-Za-z] ) [^\s"'()\[\]{{}}]{{6,}} ) $"""
_SHELL = rf"""(?xm) (?P<before> ^ [ \t+-]{{0,20}} [!%]? [ ]? (?:export|env|set|set_env) [ \t]+ {_SHOUTED} [= ] ["']? ) (?P<value> [^\s"']{{4,}} )"""
_YAML = rf"""(?xmi) (?P<before> ^ [ \t+-]{{0,20}} \w{{0,40}} (?:{_NAME}|token) : [ \t]+ ) (?P<value> (?= \S{{0,200}} \d ) (?= \S{{0,200}} [A-Za-z] ) [^\s"'{{}}\[\],]{{6,}} ) [ \t]* $"""
_ADDRESS = r"""(?x) (?P<before> :// [^\s/:@"']{0,100} : ) (?P<value> [^\s"']{1,200}? ) (?= @ [\w.\[-] )"""
_HEADER = r"""(?ix) (?P<before> \b (?:bearer|basic|token) \s{1,8} ) (?P<value> (?= \S{0,200} \d ) [\w.~+/=-]{16,} )"""
_OPTION = r"""(?ix) (?P<before> --(?:password|passwd|token|api-?key|secret) [=\s] ["']? ) (?P<value> [^\s"']{4,} )"""
_CURL = r"""(?x) (?P<before> \b (?:curl|wget|http) \b [^\n]{0,200}? \s (?:-u|--user) [ =] ["']? [^\s:"']{1,80} : ) (?P<value> [^\s"']{3,} )"""
_QUOTES = ('"', "'")
# The words of which one is there, in whatever case; the characters of which one is, too; the expression.
_PLACES: tuple[tuple[frozenset[str], tuple[str, ...], str], ...] = tuple(
    (frozenset(words), characters, place)
    for words, characters, place in (
        (_NAME_WORDS, _QUOTES, _QUOTED),
        (("pass",), _QUOTES, _WORDED),
        (("token", "key", "sas", "dsn"), _QUOTES, _TOKEN_QUOTED),
        (("token", "_key", "_pat", "_dsn"), _QUOTES, _ENTRY),
        (("auth", "setdefault", "putenv", "setenv"), _QUOTES, _SECOND),
        (_NAME_WORDS, (";", "&", "?"), _BARE),
        (_SHOUTED_WORDS, ("=",), _LINE),
        (_SHOUTED_WORDS, ("export", "env", "set"), _SHELL),
        (_NAME_WORDS, (": ", ":\t"), _YAML),
        (("://",), ("@",), _ADDRESS),
        (("bearer", "basic", "token"), ("",), _HEADER),
        (("--",), ("",), _OPTION),
        (("curl", "wget", "http "), (":",), _CURL),
    )
)
_WORDS = tuple(sorted({word for words, _, _ in _PLACES for word in words}))
# Values that stand for a secret, and are none.
_PLACEHOLDER = (
    r"(?ix) ^(?: \W* | <.*> | \{.*\} | \$.* | %.*% | your[-_ ]?.* | my[-_ ]?(?:password|secret|token|api_?key) | x{3,}.* | \*+ | \.{3,} | "
    r"none | null | true | false | str | string | password | passwd | secret | token | key | example | changeme | os\. .* | "
    r"getpass.* | input.* | self\..* | args\..* | config.* | env.* | \[\w+\] | \w+\(.* )$"
)
_NUMBER = r"-?\d{1,17}(?:\.\d*)?(?:e[+-]?\d{1,3})?"
_ENDING = r"\.\w{1,6}"  # of a file, or its whole name: `.csv`, `.netrc`
_SCRAMBLED = r"[+=]|(?=[^/]{0,200}\d)(?=[^/]{0,200}[a-z])(?=[^/]{0,200}[A-Z])[^/]{10}"
_FORMS = tuple((beginning, form) for _, begins, form in TOKENS for beginning in begins.split(" "))


@cache
def _compiled(form: str) -> "re.Pattern[str]":
    """Return the expression of a form: compiled where a text first asks for it, not at each kernel's start."""
    return re.compile(form)


class Masker:
    """Masks texts, knowing the environment of this process."""

    def __init__(self, environment: Mapping[str, str] = os.environ, hidden: Iterable[str] = ()) -> None:
        """`hidden` are values that are secret besides, as those of another process's environment."""
        self._environment = environment
        self._hidden = dict.fromkeys(hidden)  # also of variables that are gone: what they held may still be shown
        self._seen: object = None
        self._values: re.Pattern[str] | None = None

    def mask(self, text: str) -> str:
        """Return the text with what is secret in it replaced by `***`."""
        if len(text) < SHORTEST_VALUE:
            return text
        for beginning, form in _FORMS:  # a look for each beginning costs less than one expression of them all
            if beginning in text:
                text = _compiled(form).sub(MASK, text)
        lower = text.lower()
        there = [word for word in _WORDS if word in lower]
        if there:
            for words, characters, place in _PLACES:
                if not words.isdisjoint(there):
                    for character in characters:
                        if character in text:
                            text = _compiled(place).sub(_mask_value, text)
                            break
        values = self._environment_values()
        return values.sub(MASK, text) if values is not None else text

    def mask_event(self, event: Event) -> Event:
        """Return the event with its texts masked; the same one where nothing is secret."""
        masks = _EVENTS.get(type(event))
        return event if masks is None else masks(self, event)

    def hides(self, variable: str, value: str) -> bool:
        """Whether an environment variable's value would be masked: for its name, or for what it is."""
        return self.mask_value(value, is_hidden=is_named_like_a_secret(variable)) != value

    def hidden(self) -> list[str]:
        """Return the values of environment variables that are masked wherever they turn up."""
        self._environment_values()
        return list(self._hidden)

    def _environment_values(self) -> "re.Pattern[str] | None":
        now = getattr(self._environment, "_data", self._environment)
        if now != self._seen:
            self._seen = dict(now)
            self._hidden |= dict.fromkeys(
                value
                for name, value in self._environment.items()
                if len(value) >= SHORTEST_VALUE and is_named_like_a_secret(name) and not _is_plain(value)
            )
            while len(self._hidden) > MOST_VALUES:
                del self._hidden[next(iter(self._hidden))]
            longest_first = sorted(self._hidden, key=len, reverse=True)
            self._values = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        return self._values

    def _params(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {name: self.mask_value(text, is_hidden=is_secret(name, text)) for name, text in texts.items()}

    def mask_value(self, text: str, *, is_hidden: bool) -> str:
        """Return a value masked: all of it where its name `is_hidden`, and it is none of a path, a number, a switch."""
        return MASK if is_hidden and len(text) >= 4 and not _is_plain(text) else self.mask(text)

    def _failure(self, failure: Failure | None) -> Failure | None:
        if failure is None:
            return None
        return replace(failure, message=self.mask(failure.message), traceback=self.mask(failure.traceback))


def _is_plain(value: str) -> bool:
    """Whether a value is no secret whatever its name: a path, a number, a switch."""
    return (
        (value.startswith(("/", "~", ".", "file:")) and _is_path(value))
        or value.replace(".", "").isdigit()
        or bool(_compiled(_NUMBER).fullmatch(value))
        or bool(_compiled(_PLACEHOLDER).match(value))
    )


def _is_path(value: str) -> bool:
    """Whether what begins like a path is one: of 64 keys in Base64 one begins with a `/`."""
    if value.startswith("file:") or _compiled(_ENDING).fullmatch(value):
        return True
    if "/" in value and not _compiled(_SCRAMBLED).search(value):
        return True
    return os.path.exists(os.path.expanduser(value))  # noqa: PTH110, PTH111 - what is no path raises nothing here


def _mask_value(match: "re.Match[str]") -> str:
    found = match.groupdict()
    if _compiled(_PLACEHOLDER).match(found["value"]):
        return match.group()
    quote = found.get("quote") or ""
    return f"{found['before']}{quote}{MASK}{quote}"


# --- events


def _started(masker: Masker, event: ExecutionStarted) -> Event:
    source = masker.mask(event.source)
    return event if source == event.source else replace(event, source=source)


def _finished(masker: Masker, event: ExecutionFinished) -> Event:
    if event.error is None and event.python is None and not event.environment and not event.inherited:
        return event
    environment = {
        name: None if text is None else masker.mask_value(text, is_hidden=is_named_like_a_secret(name))
        for name, text in event.environment.items()
    }
    python = None if event.python is None else masker.mask(event.python)
    inherited = {name: text and masker.mask(text) for name, text in event.inherited.items()}
    return replace(
        event, error=masker._failure(event.error), python=python, environment=environment, inherited=inherited
    )


def _shown(masker: Masker, event: OutputsShown) -> Event:
    def masked(output: Output) -> Output:
        return output if output.text is None else replace(output, text=masker.mask(output.text))

    outputs, updates = (tuple(masked(output) for output in each) for each in (event.outputs, event.updates))
    return replace(event, outputs=outputs, updates=updates)


def _training_finished(masker: Masker, event: TrainingFinished) -> Event:
    note = None if event.note is None else masker.mask(event.note)
    params, values = masker._params(event.params), masker._params(event.values)
    return replace(event, error=masker._failure(event.error), note=note, params=params, values=values)


def _replay_ended(masker: Masker, event: ReplayEnded) -> Event:
    """Values of figures are the record's own texts, or made again by the same source."""
    verdict = event.verdict
    figures = tuple(
        replace(
            figure,
            recorded=figure.recorded and masker.mask(figure.recorded),
            replayed=figure.replayed and masker.mask(figure.replayed),
        )
        for figure in verdict.figures
    )
    reason = verdict.reason and masker.mask(verdict.reason)
    notes = tuple(map(masker.mask, verdict.notes))
    return replace(event, verdict=replace(verdict, figures=figures, reason=reason, notes=notes))


_EVENTS: dict[type[Any], Callable[[Masker, Any], Event]] = {
    ExecutionStarted: _started,
    ExecutionFinished: _finished,
    OutputsShown: _shown,
    TrainingStarted: lambda masker, event: replace(
        event, params=masker._params(event.params), values=masker._params(event.values)
    ),
    TrainingFinished: _training_finished,
    CaptureFailed: lambda masker, event: replace(event, reason=masker.mask(event.reason)),
    NotebookExecuted: lambda masker, event: replace(event, error=masker._failure(event.error)),
    ReplayEnded: _replay_ended,
    TrackedElsewhere: lambda masker, event: replace(event, uri=None if event.uri is None else masker.mask(event.uri)),
}


def switch_of(source: str) -> bool | None:
    """Return whether a cell's comment `# cellmill: off` or `on` switches the notebook's record, None for neither."""
    found = _compiled(SWITCH_COMMENT).search(source) if "cellmill:" in source else None
    return None if found is None else found["switch"] == "on"


def excluded(source: str, tags: Iterable[str], patterns: Iterable[str]) -> str | None:
    """Return why a cell is not to be recorded, None when it is. `patterns` are regular expressions."""
    if SKIP_TAG in tags:
        return f"its tag {SKIP_TAG}"
    if "cellmill:" in source and _compiled(SKIP_COMMENT).search(source):
        return "its comment"
    pattern = next((pattern for pattern in patterns if re.search(pattern, source)), None)
    return None if pattern is None else f"the setting exclude ({pattern})"
