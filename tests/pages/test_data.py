"""The upload page: from a file to runs on every page."""

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import RunStore, train, uploads
from lossopt_core.uploads import UploadStore, to_bytes
from tests.helpers import figures, go, open_one, open_page, settle, words
from tests.helpers import train as press_train

ROWS = "".join(f"{k % 7},{(k * 3) % 11},{'red' if k % 2 else 'blue'},c{k % 3}\n" for k in range(60))
TABLE = "width,height,colour,kind\n" + ROWS


def bring(content: bytes, name: str) -> AppTest:
    app = open_page("data")
    return app.file_uploader[0].set_value((name, content, "text/plain")).run()


def keep(content: bytes, name: str) -> AppTest:
    app = bring(content, name)
    return app.button(key="keep-data").click().run()


def test_the_first_visit_shows_instructions(store: RunStore) -> None:
    app = open_page("data")
    assert not app.exception
    assert "Upload a file with one row per example" in app.info[0].value
    assert "stored on this machine" in app.info[1].value


def test_a_table_is_previewed_before_it_is_saved(store: RunStore) -> None:
    app = bring(TABLE.encode(), "things.csv")
    assert not app.exception
    assert [each.value for each in app.metric] == ["60", "4", "3"]
    assert "'colour' as 2 columns" in words(app).replace("\\", "")
    [label] = [each for each in app.selectbox if each.label == "Label"]
    assert label.value == "kind"
    assert app.dataframe[0].value["used as"].tolist() == ["feature"] * 3 + ["label"]
    bars = figures(app)["balance"]["data"][0]
    assert dict(zip(bars["y"], bars["x"], strict=True)) == {"c0": 20, "c1": 20, "c2": 20}
    assert UploadStore(store).list() == []


def test_an_upload_can_be_trained_on_like_any_other_data_set(store: RunStore) -> None:
    app = keep(TABLE.encode(), "things.csv")
    assert not app.exception
    [kept] = UploadStore(store).list()
    assert kept.name == "things"
    app = settle(go(app, "train"))
    assert app.selectbox(key="dataset").value == "own"
    assert not app.exception
    assert not app.error
    runs = store.list()
    [run] = store.load(runs.loc[runs["seed"] == 0, "id"])
    assert run.experiment.dataset_options == kept.options
    with uploads.using(UploadStore(store)):
        [same] = train([run.experiment])
    assert np.array_equal(same.weights, run.weights)
    for page in ("inspect", "landscape", "compare", "hinge-vs-cross-entropy", "sweep"):
        app = go(app, page)
        assert not app.exception, page


def test_the_example_table_can_be_saved(store: RunStore) -> None:
    app = keep(open_page("data").code[0].value.encode(), "example.csv")
    assert not app.error
    assert UploadStore(store).list()[0].size.classes == 2


def test_images_are_shown_as_images(store: RunStore) -> None:
    random = np.random.default_rng(0)
    file = io.BytesIO()
    np.savez(file, X=random.integers(0, 255, (40, 6, 5)), y=np.arange(40) % 4)
    app = bring(file.getvalue(), "signs.npz")
    [strip] = figures(app)["images"]["data"]
    assert np.array(strip["z"]).shape == (6, 4 * 6)
    app = app.button(key="keep-data").click().run()
    app = settle(go(app, "train"))
    app.radio(key="below").set_value("weights").run()
    assert not app.exception
    assert "portrait-0" in figures(app)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "t.csv", "The file is empty"),
        (b"x,y\n1,a,2\n", "t.csv", "Row 2 has 3 cells instead of 2"),
        (b"not a zip", "t.npz", "The file is not NPZ"),
        (b"x,y\n1,a\n2,a\n", "t.csv", "there must be 2 to 100 classes, got 1"),
        (b"x,<img src=x onerror=alert(1)>\n1,a\n2,b\n", "t.csv", "each class needs at least 2"),
    ],
)
def test_an_invalid_file_is_explained(
    store: RunStore, content: bytes, name: str, said: str
) -> None:
    app = bring(content, name)
    assert not app.exception
    if said != "each class needs at least 2":
        assert said in app.error[0].value.replace("\\", "")
    else:
        assert "\\<img" in app.error[0].value, "what people write is shown as text"
    assert UploadStore(store).list() == []


def test_a_link_to_missing_data_names_them(store: RunStore) -> None:
    app = keep(TABLE.encode(), "things.csv")
    [kept] = UploadStore(store).list()
    query = {"dataset": "own"} | {f"own.{name}": str(value) for name, value in kept.options.items()}
    UploadStore(store).delete(kept.fingerprint)
    app = open_one("train", query)
    said = " ".join(each.value for each in app.error)
    assert kept.fingerprint in said
    assert "60 examples, 4 features, 3 classes" in said
    app.button(key="train").click().run()
    assert not app.exception
    assert store.list().empty
    # Once the file is back, the same link works.
    keep(TABLE.encode(), "other-name.csv")
    press_train(open_one("train", query))
    assert len(store.list()) == 1


def test_a_downloaded_data_set_has_the_same_fingerprint_again(store: RunStore) -> None:
    keep(TABLE.encode(), "things.csv")
    [kept] = UploadStore(store).list()
    examples = UploadStore(store).examples(kept.fingerprint)
    assert examples is not None
    UploadStore(store).delete(kept.fingerprint)
    keep(to_bytes(examples), "out.npz")
    assert [each.fingerprint for each in UploadStore(store).list()] == [kept.fingerprint]


def test_a_budget_is_enforced_before_anything_is_saved(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOSSOPT_MAX_NUMBERS", "100")
    app = keep(TABLE.encode(), "things.csv")
    assert "the limit is 100" in app.error[0].value.replace("\\", "")
    assert UploadStore(store).list() == []


KAGGLE = "Id,length,Species\n" + "".join(
    f"{k},{4 + k % 13 / 10 + k // 20},{'abc'[k // 20]}\n" for k in range(60)
)


def choose(app: AppTest, label: str, value: object) -> AppTest:
    [box] = [each for each in app.selectbox if each.label == label]
    return box.set_value(value).run()


def test_an_identifier_is_no_feature_and_the_preview_says_why(store: RunStore) -> None:
    app = bring(KAGGLE.encode(), "Iris.csv")
    columns = app.dataframe[0].value.set_index("column")
    assert columns.loc["Id", "used as"] == "left out"
    assert "alone reaches" in columns.loc["Id", "why"]
    app.button(key="keep-data").click().run()
    [kept] = UploadStore(store).list()
    assert UploadStore(store).examples(kept.fingerprint).feature_names == ("length",)


def test_a_guess_that_the_file_does_not_decide_is_asked(store: RunStore) -> None:
    rows = "".join(f"{4 + k % 2},{k + 100};{'ab'[k % 2]}\n" for k in range(30))
    app = bring(f"size;kind\n{rows}".encode(), "sizes.csv")
    assert "Is 4,100 in column 'size' 4.1 or 4100" in app.warning[0].value.replace("\\", "")
    assert app.dataframe[0].value["values"][0] == "4.1, 5.101, 4.102"
    app = choose(app, "Decimal separator", ".")
    assert app.dataframe[0].value["values"][0] == "4100, 5101, 4102"
    assert not app.exception


def test_a_guessed_encoding_is_asked_and_can_be_changed(store: RunStore) -> None:
    rows = "".join(f"{k % 7},{k % 5},{['ねこ', 'いぬ'][k % 2]}\n" for k in range(30))
    app = bring(f"長さ,はば,種類\n{rows}".encode("shift_jis"), "t.csv")
    assert "What is the encoding" in app.warning[0].value
    assert app.dataframe[0].value["column"].tolist() == ["長さ", "はば", "種類"]
    app = choose(app, "Encoding", "latin-1")
    assert app.dataframe[0].value["column"].tolist() != ["長さ", "はば", "種類"]
    assert not app.exception


def test_a_wrong_guess_of_the_header_is_one_click_away(store: RunStore) -> None:
    text = "red,apple\nyellow,banana\ngreen,lemon\nred,cherry\n" * 6
    app = bring(text.replace("red,apple", "colour,fruit", 1).encode(), "t.csv")
    assert "colour" in app.dataframe[0].value["column"].tolist()
    app = choose(app, "First row", False)
    assert app.dataframe[0].value["column"].tolist() == ["column 1", "column 2"]
    assert not app.exception


def test_a_marker_of_missing_values_may_be_a_value(store: RunStore) -> None:
    text = "x,class\n" + "".join(f"{k},{['NA', 'b'][k % 2]}\n" for k in range(20))
    app = bring(text.encode(), "t.csv")
    assert "there must be 2 to 100 classes, got 1" in app.error[0].value
    [markers] = [each for each in app.multiselect if "read as values" in each.label]
    app = markers.set_value(["na"]).run()
    assert not app.error
    assert app.metric[2].value == "2"
