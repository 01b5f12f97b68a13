"""Entries of plug-ins: what is taken, what is refused, and in which words."""

import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lossopt_core import LOSSES, OPTIMIZERS, Experiment
from lossopt_core.fields import Choice, UnknownEntryError
from lossopt_core.objective import losses, regularizers
from lossopt_core.objective.losses import Hinge, Loss
from lossopt_core.objective.regularizers import Regularizer
from lossopt_core.optim import schedules
from lossopt_core.optim.optimizers import SGD, Optimizer
from lossopt_core.plugins import registry
from lossopt_core.plugins.registry import PluginWarning, Registry
from tests.programs import ROOT

MODULES = iter(range(1000))
Make = Callable[..., Registry[type[Loss]]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A registry of hinge and of plug-ins: their names, with the source of a module for each."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(accept=losses._accept, **sources: str) -> Registry[type[Loss]]:
        points = []
        for name, source in sources.items():
            module = f"plugin_{next(MODULES)}"
            (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
            points.append(EntryPoint(name, f"{module}:Entry", "lossopt.losses"))
        monkeypatch.setattr(registry, "_plugins", lambda: {"lossopt.losses": points})
        return Registry("loss", "lossopt.losses", accept, {"hinge": Hinge})

    return made


LOSS = "from lossopt_core.objective.losses import Hinge, Loss\nfrom dataclasses import dataclass\n"
GOOD = LOSS + "class Entry(Hinge):\n    label = 'Mine'\n"


def test_an_entry_comes_after_the_built_in_ones(make: Make) -> None:
    found = make(mine=GOOD)
    assert list(found) == ["hinge", "mine"]
    assert found["mine"].label == "Mine"
    assert issubclass(found["mine"], Hinge)
    assert len(found) == 2
    assert found.problems == {}
    assert found.plugin_of("mine") is not None
    assert found.plugin_of("hinge") is None


def test_a_built_in_name_imports_no_plugin(make: Make) -> None:
    found = make(mine="raise AssertionError('imported')")
    assert found["hinge"] is Hinge
    assert "hinge" in found
    with pytest.warns(PluginWarning, match="AssertionError: imported"):
        assert "mine" not in found


BROKEN = {
    "ModuleNotFoundError: No module named 'nowhere'": "import nowhere",
    "SystemExit: 3": "import sys\nsys.exit(3)",
    "AttributeError": "x = 1",
    "it must be a subclass of lossopt_core.objective.losses.base.Loss": "Entry = 3",
    "it does not define loss_gradient_inplace": LOSS + "class Entry(Loss):\n    label = 'Mine'\n",
    "its label must be text": (
        LOSS + "class Entry(Loss):\n    def loss_gradient_inplace(self, scores, true): ...\n"
    ),
    "its field 'temperature' is not a setting of an experiment; allowed are margin": (
        LOSS + "@dataclass(frozen=True)\nclass Entry(Hinge):\n    temperature: float = 1.0\n"
    ),
    "it is declared smooth but does not define max_curvature": GOOD + "    smooth = True\n",
    "its colour must be two strings like '#0072B2'": GOOD + "    colour = 'red'\n",
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_plugin_is_skipped_with_the_reason(make: Make, reason: str) -> None:
    found = make(good=GOOD, mine=BROKEN[reason])
    with pytest.warns(PluginWarning) as caught:
        assert list(found) == ["hinge", "good"]
    [warning] = caught
    assert str(warning.message).startswith("the loss 'mine' of the plug-in plugin_")
    assert reason in str(warning.message)
    with pytest.raises(UnknownEntryError, match=r"that adds this loss cannot be used\)$") as error:
        Choice("Loss", "hinge", found, "").check("loss", "mine")
    assert error.value.needs == "the loss 'mine'"


@pytest.mark.parametrize("name", ["hinge", "Mine", "a b", "a.b", "x" * 41])
def test_a_name_that_is_taken_or_invalid_is_rejected(make: Make, name: str) -> None:
    found = make(**{name: GOOD})
    with pytest.warns(PluginWarning, match="taken by lossopt itself|must be 1 to 40 lower-case"):
        assert list(found) == ["hinge"]
    assert found["hinge"] is Hinge


def test_of_two_plugins_with_one_name_the_first_stays(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = make(mine=GOOD)
    [point] = registry._plugins()["lossopt.losses"]
    monkeypatch.setattr(registry, "_plugins", lambda: {"lossopt.losses": [point, point]})
    with pytest.warns(PluginWarning, match="the name is taken by the plug-in plugin_"):
        assert list(found) == ["hinge", "mine"]


def test_a_registry_is_a_mapping_that_a_notebook_can_add_to() -> None:
    found: Registry[type[Loss]] = Registry("loss", "none.such", losses._accept, {"hinge": Hinge})
    found["mine"] = Hinge
    assert dict(found) == {"hinge": Hinge, "mine": Hinge}
    assert dict.fromkeys(found, 0) | {"more": 1} == {"hinge": 0, "mine": 0, "more": 1}
    del found["mine"]
    assert found.get("mine") is None
    with pytest.raises(KeyError):
        found["mine"]


def test_a_plugin_may_look_at_the_registry_while_it_is_loaded(make: Make) -> None:
    source = GOOD + "from lossopt_core import LOSSES\nassert 'hinge' in list(LOSSES)\n"
    assert "mine" in make(mine=source)


def test_threads_load_plugins_once(make: Make) -> None:
    found = make(mine="import time\ntime.sleep(0.05)\n" + GOOD)
    seen: list[list[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(list(found))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == [["hinge", "mine"]] * 4


def test_importing_the_core_looks_for_no_plugins() -> None:
    """A plug-in that imports lossopt_core first would otherwise be loaded half-way."""
    code = (
        "from importlib import metadata; metadata.entry_points = None;"
        "import lossopt_core; print(lossopt_core.Experiment().id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == Experiment().id


# What a subclass inherits


def test_a_loss_with_other_values_does_not_inherit_their_properties() -> None:
    class Doubled(LOSSES["squared_hinge"]):  # type: ignore[misc]
        label = "Doubled"

        def loss_gradient_inplace(self, scores, true):
            values = super().loss_gradient_inplace(scores, true)
            scores *= 2.0
            return 2.0 * values

    assert Doubled.domain is None
    assert Doubled.numpy_code is None
    assert Doubled.homogeneity is None
    assert not Doubled.smooth
    assert Doubled().max_curvature(3) is None
    assert LOSSES["squared_hinge"].domain is not None

    class Renamed(Hinge):
        label = "Renamed"

    assert Renamed.domain is Hinge.domain
    assert Renamed.numpy_code == Hinge.numpy_code


def test_an_optimizer_with_another_update_does_not_inherit_its_properties() -> None:
    class Twice(SGD):
        label = "Twice"

        def update(self, W, gradient, memory, rate, step, absolute=None):
            super().update(W, gradient, memory, 2.0 * rate, step, absolute)

    assert Twice().stability_threshold() is None
    assert Twice().proven_threshold() is None
    assert Twice.theorem == ""
    assert Twice.numpy_code is None
    assert Twice.update is not Optimizer.update
    assert OPTIMIZERS["gd"]().stability_threshold() == 2.0


def test_penalties_of_another_form_are_detected() -> None:
    class Fourth(Regularizer):
        label = "Fourth powers"

        def value(self, W):
            return (W**4).sum(axis=(-2, -1))

    class Tripled(Regularizer):
        label = "Tripled squares"

        @property
        def squared(self):
            return 3.0

    assert not Fourth.elastic_net_form
    assert Tripled.elastic_net_form
    assert all(each.elastic_net_form for each in regularizers.REGULARIZERS.values())
    with pytest.raises(ValueError, match="it defines value but not add_gradient"):
        regularizers._accept(Fourth)
    assert regularizers._accept(Tripled) is Tripled


def test_a_schedule_may_be_a_class_or_an_instance() -> None:
    class Half(schedules.Schedule):
        label = "Half"

        def factor(self, done):
            return 0.5

    assert schedules._accept(Half).factor(0.0) == 0.5
    instance = Half()
    assert schedules._accept(instance) is instance
    with pytest.raises(ValueError, match=r"must be a subclass of .*Schedule"):
        schedules._accept("half")
