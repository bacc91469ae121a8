"""Which distribution a module came with: as Python's own library says it, but quickly."""

from importlib.metadata import distribution, packages_distributions, version

from cellmill.capture.surroundings.distributions import _identity, distributions_by_module, distributions_of


def test_of_every_module_here_the_distributions_are_those_that_python_names() -> None:
    named, found = (
        {module: set(names) for module, names in mapping.items() if module.isidentifier()}
        for mapping in (packages_distributions(), distributions_by_module())
    )
    assert len(named) > 50
    assert found == named


def test_name_and_version_are_those_of_its_description() -> None:
    assert _identity(distribution("scikit-learn")) == ("scikit-learn", version("scikit-learn"))


def test_a_module_with_another_name_than_its_distribution_is_found() -> None:
    assert distributions_of(("sklearn", "attr", "json", "no_such_module")) == {
        "scikit-learn": version("scikit-learn"),
        "attrs": version("attrs"),
    }
