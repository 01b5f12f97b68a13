"""Nothing is evaluated, unpickled, or drawn from a shared random state."""

import ast

import pytest

from tests.architecture.source import PLACES, imports, named, sources, tree_of


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_evaluated_or_unpickled(place):
    for file in sources(place):
        called = {
            node.func.id
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "compile", "__import__"}, named(file)
        unsafe = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}
        assert not set(imports(file)) & unsafe, named(file)
        for node in ast.walk(tree_of(file)):
            # joblib trains side by side; its files would be pickles.
            if isinstance(node, ast.ImportFrom) and node.module == "joblib":
                wanted = {"Parallel", "delayed", "effective_n_jobs", "parallel_config"}
                assert {each.name for each in node.names} <= wanted, named(file)
            elif isinstance(node, ast.Import):
                assert "joblib" not in {each.name for each in node.names}, named(file)


@pytest.mark.parametrize("place", PLACES)
def test_nobody_draws_from_the_random_state_that_all_share(place):
    """Randomness is passed in as a generator."""
    makers = {"default_rng", "Generator", "RandomState", "SeedSequence"}
    for file in sources(place):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
                assert node.attr in makers, f"{named(file)}: np.random.{node.attr}"
