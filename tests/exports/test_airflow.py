"""The DAG, run by Airflow on SQLite."""

from tests.exports.conftest import EXECUTED, came_of, environment_of
from tests.notebooks.commands import Desk


def test_airflow_runs_the_pipeline_with_what_it_was_given_as_text(desk: Desk) -> None:
    programs = environment_of("airflow")
    assert desk.cellmill("pipeline", "export", "p", "--to", "airflow").out == "Written to dags/p.py.\n"
    environment = {
        "AIRFLOW_HOME": str(desk.home / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(desk.root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": f"{programs}:/usr/bin:/bin",
        "VIRTUAL_ENV": "",
    }
    airflow = str(programs / "airflow")
    migrated = desk.run([airflow, "db", "migrate"], environment)
    assert migrated.code == 0, migrated.err
    ran = desk.run([airflow, "dags", "test", "p", "--conf", '{"rows": "5", "names": "[\\"c\\"]"}'], environment)
    assert ran.code == 0, ran.out[-3_000:] + ran.err[-3_000:]
    assert came_of(desk) == ("it's [5, 10] ['c']", EXECUTED), ran.out[-5_000:] + ran.err[-5_000:]
