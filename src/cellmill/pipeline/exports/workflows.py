"""A pipeline as a workflow of GitHub Actions or GitLab CI, which runs it and posts what has changed."""

import shlex
from typing import Any

from cellmill.pipeline.exports.tasks import Exported, word

_PYTHON = "3.11"
_REPORT = "report.md"


def github_workflow(exported: Exported) -> str:
    """Return a workflow that runs a pipeline for each pull request, there and where it comes from."""
    folder = shlex.quote(exported.folder)
    steps = [
        {"uses": "actions/checkout@v4", "with": {"fetch-depth": 0}},
        {"uses": "actions/setup-python@v5", "with": {"python-version": _PYTHON}},
        {"name": "Install", "run": _install(exported)},
        {
            "name": "Run it as it was before",
            "if": "github.event_name == 'pull_request'",
            "env": {"BASE": "${{ github.event.pull_request.base.sha }}"},
            "run": _before(folder, "$RUNNER_TEMP"),
        },
        {"name": "Run it", "run": f"cellmill pipeline run {folder}\n"},
        {
            "name": "Compare",
            "if": "always()",
            "run": _compare(folder, "$RUNNER_TEMP") + f'cat "$RUNNER_TEMP/{_REPORT}" >> "$GITHUB_STEP_SUMMARY"\n',
        },
        {
            "name": "Post the comparison",
            "if": "always() && github.event_name == 'pull_request'",
            "env": {"GH_TOKEN": "${{ github.token }}", "NUMBER": "${{ github.event.pull_request.number }}"},
            "run": 'gh pr comment "$NUMBER" --edit-last --create-if-none '
            f'--body-file "$RUNNER_TEMP/{_REPORT}" || echo "::warning::The comparison could not be posted."\n',
        },
        {
            "uses": "actions/upload-artifact@v4",
            "if": "always()",
            "with": {"name": f"executed-{word(exported.name)}", "path": "executed/", "if-no-files-found": "ignore"},
        },
    ]
    workflow = {
        "name": f"Pipeline {exported.name}",
        "on": {"pull_request": {}, "workflow_dispatch": {}},
        "permissions": {"contents": "read", "pull-requests": "write"},
        "jobs": {"pipeline": {"runs-on": "ubuntu-latest", "timeout-minutes": 120, "steps": steps}},
    }
    return _text(workflow, exported, "github")


def gitlab_workflow(exported: Exported) -> str:
    """Return a job that runs a pipeline for each merge request, to be included in `.gitlab-ci.yml`."""
    folder, temporary = shlex.quote(exported.folder), "$CI_PROJECT_DIR/.cellmill-ci"
    post = (
        f'if [ -n "$CELLMILL_TOKEN" ] && [ -n "$CI_MERGE_REQUEST_IID" ]; then\n'
        '  curl --fail --silent --show-error --output /dev/null --header "PRIVATE-TOKEN: $CELLMILL_TOKEN" \\\n'
        f'    --data-urlencode "body@{temporary}/{_REPORT}" \\\n'
        '    "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" ||\n'
        '    echo "The comparison could not be posted."\n'
        "fi\n"
    )
    job = {
        "image": f"python:{_PYTHON}",
        "rules": [{"if": f'$CI_PIPELINE_SOURCE == "{source}"'} for source in ("merge_request_event", "web")],
        # Posts need a token of the project's with the scope `api`, as a masked variable CELLMILL_TOKEN.
        "variables": {"GIT_DEPTH": "0"},
        "script": [
            f'mkdir -p "{temporary}"',
            _install(exported),
            'BASE="$CI_MERGE_REQUEST_DIFF_BASE_SHA"\n' + _before(folder, temporary),
            f"status=0\ncellmill pipeline run {folder} || status=$?\n",
            _compare(folder, temporary),
            post,
            "exit $status",
        ],
        "artifacts": {"when": "always", "paths": ["executed/", f".cellmill-ci/{_REPORT}"]},
    }
    return _text({f"pipeline-{word(exported.name)}": job}, exported, "gitlab")


def _install(exported: Exported) -> str:
    return (
        f"pip install cellmill=={exported.version}\n"
        "if [ -f requirements.txt ]; then pip install -r requirements.txt; fi\n"
    )


def _before(folder: str, temporary: str) -> str:
    """Shell: run the pipeline of the commit BASE beside, and keep what it came to. It may fail, or not be there."""
    return (
        f'if [ -n "$BASE" ] && git worktree add --force "{temporary}/before" "$BASE" &&\n'
        f'   [ -f "{temporary}/before"/{folder}/pipeline.yaml ]; then\n'
        f'  (cd "{temporary}/before" && cellmill pipeline run {folder} &&\n'
        f'    cellmill pipeline report {folder} --json > "{temporary}/before.json") ||\n'
        f'    rm -f "{temporary}/before.json"\n'
        "fi\n"
    )


def _compare(folder: str, temporary: str) -> str:
    return (
        "set --\n"
        f'if [ -f "{temporary}/before.json" ]; then set -- --against "{temporary}/before.json"; fi\n'
        f'cellmill pipeline report {folder} "$@" > "{temporary}/{_REPORT}"\n'
    )


def _text(document: dict[str, Any], exported: Exported, target: str) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Scripts stand there as they are run."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, written)
    body = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    head = "# A pipeline of Cellmill in CI: change the pipeline, and export it again. Written by:\n"
    return f"{head}# cellmill pipeline export {word(exported.name)} --to {target}\n{body}"
