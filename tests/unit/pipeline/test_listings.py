"""Which folders code looks through, as its text tells."""

import pytest

from cellmill.pipeline.listings import patterns_around, patterns_in, sets_in


@pytest.mark.parametrize(
    "code",
    [
        "glob.glob(DATA + '/*.csv')",
        "for path in Path(DATA).iterdir(): ...",
        "os.listdir(DATA)",
        "files = !ls data",
        "%ls data",
    ],
)
def test_code_that_looks_through_a_folder_is_known(code: str) -> None:
    assert patterns_around([code], ["data/a.csv", "data/b.csv", "c.json"]) == ["*.json", "data/*.csv"]


@pytest.mark.parametrize("code", ["open('data/a.csv')", "globals()", "walker = 1", "cells = 3"])
def test_other_code_is_not(code: str) -> None:
    assert patterns_around([code], ["data/a.csv"]) == []


@pytest.mark.parametrize("code", ["Path('data').rglob('*.png')", "ImageFolder('data')", "os.walk('data')"])
def test_where_it_looks_below_the_folder_that_they_share_counts(code: str) -> None:
    assert patterns_around([code], ["data/cat/1.png", "data/dog/1.png"]) == [
        "data/**/*.png",
        "data/cat/*.png",
        "data/dog/*.png",
    ]
    assert patterns_around([code], ["data/cat/1.png"]) == ["data/**/*.png", "data/cat/*.png"]
    assert patterns_around([code], ["a/1.png", "b/1.png"]) == ["a/*.png", "b/*.png"]  # the whole project is too much


def test_signs_of_patterns_in_names_of_folders_stand_for_themselves() -> None:
    assert patterns_around(["listdir(x)"], ["runs [1]/a.csv"]) == ["runs [[]1]/*.csv"]


def test_what_stands_for_several_files_is_found_in_quotes() -> None:
    code = """
    con.sql("SELECT * FROM 'data/*.parquet'"); pl.scan_csv("s3://bucket/*.csv"); f(*args, "*"); g("**kwargs")
    pd.read_parquet("sales.parquet/"); h('a.txt')
    """
    assert patterns_in(code) == ["data/*.parquet"]
    assert sets_in(code) == ["sales.parquet/"]
