"""Secrets of many kinds, made up when they are asked for: none stands in this repository.

Each is a text as it stands in a cell or an output, and the part of it that must be masked.
"""

import random
import string

_LETTERS = string.ascii_letters + string.digits
_source = random.Random(7)


def _some(alphabet: str, count: int) -> str:
    return "".join(_source.choice(alphabet) for _ in range(count))


def _word(count: int) -> str:
    """Letters of both cases and digits, some of each."""
    return "aZ3" + _some(_LETTERS, count - 3)


def _hex(count: int) -> str:
    return "a1" + _some("0123456789abcdef", count - 2)


def _planted(before: str, secret: str, after: str = "") -> tuple[str, str]:
    return f"{before}{secret}{after}", secret


def planted() -> dict[str, tuple[str, str]]:
    """Return kind -> text and the secret in it."""
    upper = string.ascii_uppercase + string.digits
    pem = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{_word(64)}\n{_word(64)}\n-----END RSA {'PRIVATE'} KEY-----"
    open_ssh = f"-----BEGIN OPENSSH {'PRIVATE'} KEY-----\n{_word(64)}\n-----END OPENSSH {'PRIVATE'} KEY-----"
    return {
        "AWS access key": _planted('client = boto3.client("s3", "', "AKIA" + _some(upper, 16), '")'),
        "AWS secret key": _planted('aws_secret_access_key="', _word(40), '"'),
        "GitHub token": _planted("!git clone https://x:", "ghp_" + _word(36), "@github.com/a/b"),
        "GitHub server token": _planted("print('", "ghs_" + _word(36), "')"),
        "GitHub fine-grained token": _planted("t = '", "github_pat_" + _word(60), "'"),
        "GitLab token": _planted("t = '", "glpat-" + _word(20), "'"),
        "Slack bot token": _planted("WebClient('", f"xoxb-{_some('0123456789', 11)}-{_word(24)}", "')"),
        "Slack webhook": _planted(
            "https://hooks.slack.com/services/", f"T{_some(upper, 8)}/B{_some(upper, 8)}/{_word(24)}"
        ),
        "Stripe key": _planted("stripe.x = '", "sk_live_" + _word(24), "'"),
        "OpenAI key": _planted("OpenAI('", "sk-proj-" + _word(48), "')"),
        "Anthropic key": _planted("Anthropic('", "sk-ant-api03-" + _word(60), "')"),
        "Hugging Face token": _planted("login('", "hf_" + _word(34), "')"),
        "Google API key": _planted("maps('", "AIza" + _word(35), "')"),
        "Google OAuth secret": _planted("x = '", "GOCSPX-" + _word(28), "'"),
        "JSON web token": _planted("jwt.decode('", f"eyJ{_word(20)}.eyJ{_word(30)}.{_word(43)}", "')"),
        "RSA private key": _planted('k = """', pem, '"""'),
        "OpenSSH private key": _planted("", open_ssh),
        "SendGrid key": _planted("x('", f"SG.{_word(22)}.{_word(43)}", "')"),
        "Mailchimp key": _planted("x('", f"{_hex(32)}-us12", "')"),
        "npm token": _planted("//registry/:_authToken=", "npm_" + _word(36)),
        "PyPI token": _planted("twine -p '", "pypi-AgE" + _word(80), "'"),
        "Square token": _planted("x('", "sq0csp-" + _word(43), "')"),
        "DigitalOcean token": _planted("x('", "dop_v1_" + _hex(64), "')"),
        "Databricks token": _planted("x('", "dapi" + _hex(32), "')"),
        "Azure storage key": _planted("DefaultEndpointsProtocol=https;AccountKey=", _word(86) + "==", ";Endpoint=x"),
        "Azure shared access signature": _planted("https://a.blob.core/c?sv=2&sig=", _word(43) + "%3D"),
        "AWS presigned signature": _planted("https://b.s3/x?X-Amz-Signature=", _hex(64)),
        "Shopify token": _planted("x('", "shpat_" + _hex(32), "')"),
        "Notion token": _planted("x('", "ntn_" + _word(46), "')"),
        "Airtable token": _planted("x('", f"pat{_word(14)}.{_hex(64)}", "')"),
        "Vault token": _planted("x('", "hvs." + _word(30), "')"),
        "Grafana token": _planted("x('", "glsa_" + _word(40), "')"),
        "New Relic key": _planted("x('", "NRAK-" + _some(upper, 27), "')"),
        "Sentry token": _planted("x('", "sntrys_" + _word(50), "')"),
        "Postman key": _planted("x('", f"PMAK-{_hex(24)}-{_hex(34)}", "')"),
        "Replicate token": _planted("x('", "r8_" + _word(37), "')"),
        "Groq key": _planted("x('", "gsk_" + _word(52), "')"),
        "LangSmith key": _planted("x('", f"lsv2_pt_{_hex(32)}_{_hex(10)}", "')"),
        "Twilio key": _planted("x('", "SK" + _hex(32), "')"),
        "Telegram token": _planted("x('", f"{_some('123456789', 9)}:AA{_word(33)}", "')"),
        "Discord token": _planted("run('", f"M{_word(23)}.{_word(6)}.{_word(27)}", "')"),
        "W&B key": _planted("wandb.login(key='", _hex(40), "')"),
        "password in a source": _planted("password = '", "hunter2!x", "'"),
        "password in a dictionary": _planted("{'user': 'me', 'password': '", "hunter2!x", "'}"),
        "password of a keyword": _planted("connect(host, passwd='", "hunter2!x", "')"),
        "annotated password": _planted("db_password: str = '", "hunter2!x", "'"),
        "API key by name": _planted("api_key = '", "0123-abcd-4567", "'"),
        "environment by hand": _planted("os.environ['MY_TOKEN'] = '", "s3cr3t-thing", "'"),
        "client secret": _planted("client_secret='", "Ab~8Q9.xyz", "'"),
        "password in an address": _planted("create_engine('postgresql://me:", "hunter2", "@db:5432/x')"),
        "password of a proxy": _planted("http://proxy:", "pa55word", "@10.0.0.1:3128"),
        "connection string": _planted("'Server=x;User Id=y;Password=", "hunter2!x", ";'"),
        "bearer header": _planted("{'Authorization': 'Bearer ", _word(30), "'}"),
        "basic header": _planted("-H 'Authorization: Basic ", _word(24), "'"),
        "line of a .env file": _planted("DB_PASSWORD=", "hunter2x"),
        "option of a command": _planted("!mysql --password=", "hunter2x", " x"),
    }  # fmt: skip
