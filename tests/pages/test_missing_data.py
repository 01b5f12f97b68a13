"""Missing data: every page names them, accepts the file, and shows everything else."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore, train, uploads
from lossopt_core.data.datasets import Examples
from lossopt_core.exchange.sharing import pack
from lossopt_core.uploads import UploadedData, UploadStore, to_bytes
from lossopt_ui.identity import visitor
from lossopt_ui.jobs import certifier, optimum
from tests.helpers import figures, go, open_one, open_page, settle, words
from tests.programs import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
ON_RUNS = ["inspect", "landscape", "compare"]
TRAINING = ["train", "hinge-vs-cross-entropy", "gd-vs-sgd", "sweep"]


def rest_slow(values: list[str], *quick: str) -> list[object]:
    """Parameters of a test; those that only repeat the quick ones are marked slow."""
    return [
        pytest.param(each, marks=[] if each in quick else [pytest.mark.slow]) for each in values
    ]


SIZE = "60 examples, 3 features, 2 classes"


def random_examples(seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    features = random.normal(size=(60, 3))
    labels = (features[:, 0] > 0).astype(np.int64)
    return Examples(features, labels, ("low", "high"), ("x", "y", "z"))


def query_of(options: dict[str, object]) -> dict[str, str]:
    return {"dataset": "own"} | {f"own.{name}": str(value) for name, value in options.items()}


OPTIONS = {
    "data": uploads.fingerprint(random_examples()), "examples": 60, "features": 3, "classes": 2,
}  # fmt: skip


@pytest.fixture(params=["hosted", pytest.param("local", marks=pytest.mark.slow)])
def mine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> RunStore:
    """The visitor's store, in each mode."""
    monkeypatch.setenv("LOSSOPT_MODE", request.param)
    monkeypatch.setattr(visitor, "has_cookie", lambda: True)
    monkeypatch.setattr(visitor, "anonymous", lambda: "visit-ann")
    return store if request.param == "local" else RunStore(store.address, "visit-ann")


def said(app: AppTest) -> list[str]:
    return [each.value for each in app.error if OPTIONS["data"] in each.value]


def uploaders(app: AppTest) -> list[str]:
    return [each.key for each in app.file_uploader if each.key.startswith("missing-data-")]


def upload(app: AppTest, content: bytes, name: str) -> AppTest:
    [field] = [each for each in app.file_uploader if each.key.startswith("missing-data-")]
    return field.set_value((name, content, "application/octet-stream")).run()


def widgets(app: AppTest) -> set[str]:
    kinds = ("button", "checkbox", "number_input", "radio", "selectbox", "multiselect", "slider",
             "text_input", "toggle", "file_uploader")  # fmt: skip
    return {each.key for kind in kinds for each in getattr(app, kind) if each.key}


# What is on the page only because the data are: the box with one's own data sets, and on the page
# of data those that are kept.
OF_THE_DATA = ("ask.own_data", "remove-", "download-")


ALIVE = ("train", "hinge-vs-cross-entropy", "gd-vs-sgd")


def test_the_list_of_pages_is_not_empty() -> None:
    assert {*ON_RUNS, *TRAINING, "playground", "lecture", "start", "data"} <= {*PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_an_address_that_names_missing_data(mine: RunStore, page: str) -> None:
    query = query_of(OPTIONS) | ({"live": "false"} if page in ALIVE else {})
    app = open_page(page, query)
    assert not app.exception
    [once] = said(app)
    assert SIZE in once
    assert len(uploaders(app)) == 1
    without = widgets(app) - {*uploaders(app)}
    app = upload(app, to_bytes(random_examples()), "mine.npz")
    assert not app.exception
    assert not said(app)
    assert not uploaders(app)
    [kept] = UploadStore(mine).list()
    assert kept.fingerprint == OPTIONS["data"]
    assert kept.name == "mine"
    with_data = {key for key in widgets(app) if not key.startswith(OF_THE_DATA)}
    assert without >= with_data
    if page in TRAINING:
        assert app.selectbox(key="dataset").value == "own"
        assert app.query_params["own.data"] == OPTIONS["data"]


@pytest.mark.parametrize("page", rest_slow(TRAINING, "train", "sweep"))
def test_uploaded_data_with_none_chosen(store: RunStore, page: str) -> None:
    app = open_page(page, {"dataset": "own"})
    assert not app.exception
    assert "You have not uploaded any data yet." in words(app)
    assert "choose or upload data first" in words(app)
    app.button(key="train").click().run()
    assert not app.exception
    assert app.error


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        {"learning_rate": "0.5", "live": "true"},
        {"optimizer": "adam"},
        {"loss": "hinge", "regularizer": "l1"},
        {"hide": "dataset,learning_rate", "fix": "loss"},
        {"lesson": "steps.2"},
        {"squared": "true", "show": "distance"},
        {"mode": "fair"},
        {"axes": "learning_rate=log 1e-3 1 3;strength=0,1", "look": "map"},
    ],
    ids=str,
)
@pytest.mark.parametrize("page", TRAINING)
def test_missing_data_with_any_other_settings(
    store: RunStore, page: str, more: dict[str, str]
) -> None:
    app = open_page(page, query_of(OPTIONS) | more)
    assert not app.exception
    assert len(said(app)) >= 1
    assert len(uploaders(app)) == 1


@pytest.fixture
def orphans(store: RunStore) -> list[Experiment]:
    """Experiments with saved runs but deleted data; one of them diverged."""
    upload_store = UploadStore(store)
    options = upload_store.save("mine", random_examples()).options
    first = Experiment(dataset="own", dataset_options=options, epochs=2, batch_size=8)
    experiments = [
        first,
        first.replace(optimizer="gd"),
        first.replace(loss="hinge"),
        first.replace(loss="squared_hinge", learning_rate=1e3),
    ]
    with uploads.using(upload_store):
        store.save(train(experiments))
    upload_store.delete(options["data"])
    return experiments


def address_of(page: str, experiments: list[Experiment]) -> dict[str, str]:
    ids = [each.id for each in experiments]
    return {
        "inspect": {"run": ids[0]},
        "landscape": {"runs": ",".join(ids[:2])},
        "compare": {"runs": ",".join(ids)},
    }[page]


SHOWN = {
    "inspect": {"objective", "accuracy"},
    "landscape": set(),
    "compare": {"curves-all"},
}


@pytest.mark.parametrize("page", ON_RUNS)
def test_runs_with_deleted_data(store: RunStore, orphans: list[Experiment], page: str) -> None:
    app = open_page(page, address_of(page, orphans))
    assert not app.exception
    [once] = said(app)
    assert SIZE in once
    assert SHOWN[page] <= figures(app).keys()
    before = figures(app).keys()
    app = upload(app, to_bytes(random_examples()), "mine.npz")
    assert not app.exception
    assert not said(app)
    assert not uploaders(app)
    if page != "compare":
        assert figures(app).keys() > before


@pytest.mark.parametrize("inside", rest_slow(["support", "gradient"], "gradient"))
def test_each_view_inside_a_run_without_its_data(
    store: RunStore, orphans: list[Experiment], inside: str
) -> None:
    app = open_page("inspect", address_of("inspect", orphans) | {"inside": inside})
    assert not app.exception
    assert "Examples and gradients: not available without the data" in words(app)


def test_evaluation_leaves_out_runs_without_data_and_says_why(
    store: RunStore, orphans: list[Experiment]
) -> None:
    store.save(train([(other := Experiment(dataset="iris", epochs=2, batch_size=8))]))
    query = {"runs": ",".join([orphans[0].id, other.id]), "part": "evaluation"}
    app = open_page("compare", query)
    assert not app.exception
    assert "Left out because their data are missing: " in words(app)
    assert "no finite weights" not in words(app)
    assert "evaluated" in figures(app)


@pytest.mark.parametrize("page", rest_slow(TRAINING[:3], "gd-vs-sgd"))
def test_saved_curves_are_shown_on_training_pages(
    store: RunStore, orphans: list[Experiment], page: str
) -> None:
    query = query_of(orphans[0].dataset_options) | {
        "epochs": "2", "batch_size": "8", "learning_rate": "0.1", "batch_sizes": "8",
    }  # fmt: skip
    app = settle(open_page(page, query))
    assert not app.exception
    assert any(key.startswith("objective") for key in figures(app))
    assert "not available without the data" in words(app)


def test_a_diverged_run_still_gets_a_smaller_learning_rate(
    store: RunStore, orphans: list[Experiment]
) -> None:
    query = query_of(orphans[0].dataset_options) | {
        "epochs": "2", "batch_size": "8", "loss": "squared_hinge", "learning_rate": "1000",
    }  # fmt: skip
    app = open_one("train", query)
    assert not app.exception
    assert "is too large here. Try 100, or empty its field" in words(app)


def test_a_shared_link_to_runs_on_missing_data(store: RunStore, orphans: list[Experiment]) -> None:
    share = pack(store.load([orphans[0].id]))
    store.delete([each.id for each in orphans])
    app = open_page("compare", {"share": share})
    assert not app.exception
    assert SIZE in said(app)[0]
    app = settle(upload(app, to_bytes(random_examples()), "mine.npz"))
    assert not app.exception
    assert list(store.list()["id"]) == [orphans[0].id]


def test_data_deleted_while_they_are_selected(store: RunStore) -> None:
    UploadStore(store).save("mine", random_examples())
    app = settle(open_page("train", query_of(OPTIONS)))
    assert "tuned" in app.number_input(key="learning_rate").placeholder
    app = go(app, "data")
    app.button(key=f"remove-{OPTIONS['data']}").click().run()
    app = go(app, "train")
    assert not app.exception
    assert len(said(app)) == 1
    assert app.number_input(key="learning_rate").placeholder == "tuned"
    assert "limit" not in words(app).replace("stability limit: not available", "")
    app.selectbox(key="dataset").set_value("iris").run()
    assert not said(app)
    assert not uploaders(app)


# The file


def test_another_file_is_refused_with_both_fingerprints(store: RunStore) -> None:
    app = open_page("train", query_of(OPTIONS))
    app = upload(app, to_bytes(random_examples(1)), "other.npz")
    assert not app.exception
    came = uploads.fingerprint(random_examples(1))
    [problem] = [each.value for each in app.error if "other data" in each.value]
    assert problem.index("Needed") < problem.index(str(OPTIONS["data"])) < problem.index(came)
    assert UploadStore(store).list() == []
    app = upload(app, b"x,y\n1,a,2\n", "broken.csv")
    assert any("Row 2 has 3 cells" in each.value for each in app.error)
    app = upload(app, to_bytes(random_examples()), "right.npz")
    assert len(UploadStore(store).list()) == 1


def test_the_budget_applies_to_this_upload_too(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOSSOPT_MAX_NUMBERS", "100")
    app = open_page("data", query_of(OPTIONS))
    app = upload(app, to_bytes(random_examples()), "mine.npz")
    assert any("the limit is 100" in each.value for each in app.error)
    assert UploadStore(store).list() == []


# Values derived from a visitor's data


def everything_on(app: AppTest) -> str:
    numbers = [f"{each.key}={each.value}" for each in app.number_input]
    return "\n".join([words(app), *numbers, *(str(each) for each in figures(app).values())])


def look_around(store: RunStore, experiment: Experiment, page: str) -> AppTest:
    """Open a page with the data, and with runs on them if the page shows runs."""
    query = query_of(experiment.dataset_options)
    if page in ON_RUNS:
        query = address_of(page, [experiment, experiment.replace(optimizer="gd")])
    query |= {"epochs": "2", "batch_size": "8", "batch_sizes": "8", "part": "evaluation"}
    return settle(open_page(page, query))


@pytest.mark.parametrize("page", rest_slow([*TRAINING, *ON_RUNS], "train", "inspect", "landscape"))
def test_another_visitor_sees_nothing_derived_from_the_data(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """The stranger even has the runs with their weights, from an exported file."""
    monkeypatch.setenv("LOSSOPT_MODE", "hosted")
    monkeypatch.setattr(visitor, "anonymous", lambda: "visit-ann")
    ann, bob = RunStore(store.address, "visit-ann"), RunStore(store.address, "visit-bob")
    kept: UploadedData = UploadStore(ann).save("mine", random_examples())
    first = Experiment(dataset="own", dataset_options=kept.options, epochs=2, batch_size=8)
    with uploads.using(UploadStore(ann)):
        runs = train([first, first.replace(optimizer="gd")])
        ann.save_certificate(first, certifier.within_seconds(first))
    if page in ON_RUNS:
        ann.save(runs)
        bob.save(runs)
    app = look_around(store, first, page)
    assert not app.exception
    assert not said(app)
    monkeypatch.setattr(visitor, "anonymous", lambda: "visit-bob")
    nobody = everything_on(look_around(store, first, page))
    seen = everything_on(app)
    telling = {
        "inspect": "Ranks 1 to",
        "landscape": "The objective on a plane",
        "compare": "Every selected run under every loss",
    }.get(page, "always stable limit")
    assert telling in seen
    assert telling not in nobody
    assert str(OPTIONS["data"]) in nobody
    # Once Ann has deleted the data, she sees no more than others.
    UploadStore(ann).delete(kept.fingerprint)
    monkeypatch.setattr(visitor, "anonymous", lambda: "visit-ann")
    assert telling not in everything_on(look_around(store, first, page))
    assert ann.certificate(first) is None


# Failed certificates


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Errors of the next certificates, in order."""
    errors: list[Exception] = []

    def solve(experiment: Experiment) -> object:
        if errors:
            raise errors.pop(0)
        return certifier.within_seconds(experiment)

    worker = certifier.Certifier(solve=solve)
    monkeypatch.setattr(optimum, "_certifier", lambda: worker)
    return errors


@pytest.mark.parametrize("page", rest_slow(["train", "compare"], "train"))
def test_a_failed_certificate_is_reported_with_a_retry_button(
    store: RunStore, failing: list[Exception], page: str
) -> None:
    failing.append(ValueError("the numbers <b>disagree</b>"))
    experiment = Experiment(dataset="iris", epochs=2, batch_size=8, learning_rate=0.1)
    store.save(train([experiment]))
    query = {"dataset": "iris", "epochs": "2", "batch_size": "8", "learning_rate": "0.1"}
    query |= {"seeds": "1"}
    app = open_page(page, query if page == "train" else {"runs": experiment.id, "y": "distance"})
    assert optimum._certifier().wait(20)
    app.run()
    assert "1 certificate could not be computed: ValueError" in words(app)
    assert "\\<b" in "".join(each.value for each in app.warning)
    app.button(key="retry-certificates").click().run()
    assert optimum._certifier().wait(20)
    app.run()
    assert "could not be computed" not in words(app)
    assert store.certificate(experiment) is not None
