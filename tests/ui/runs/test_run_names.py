"""Names of runs: what tells them apart, and an id only where nothing else does."""

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.inspect.run import labels
from lossopt_ui.runs import run_columns, table_rows

BLOBS = Experiment(
    dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=2, batch_size=16
)


def test_a_name_leaves_out_what_follows_from_the_rest(store: RunStore) -> None:
    iris = Experiment(dataset="iris", epochs=1, batch_size=32)  # the batch size follows from it
    store.save(train([BLOBS, BLOBS.replace(loss="hinge"), iris, iris.replace(epochs=3)]))
    rows = table_rows.rows_of(store.list(), grouped=True)
    assert sorted(run_columns.named(rows, grouped=True)) == [
        "Blobs · Cross-entropy · epochs 1", "Blobs · Hinge · epochs 1",
        "Iris · Cross-entropy · epochs 1", "Iris · Cross-entropy · epochs 3",
    ]  # fmt: skip


def test_runs_are_labelled_by_what_differs_and_by_an_id_only_where_they_are_alike(
    store: RunStore,
) -> None:
    runs = train([BLOBS, BLOBS.replace(seed=1), BLOBS.replace(learning_rate=0.02, seed=1)])
    store.save(runs)
    table = store.list().assign(reference=False)
    called = labels(table)
    assert [called[run.id] for run in runs] == [
        "Blobs · Cross-entropy · SGD · α 0.1 · seed 0",
        "Blobs · Cross-entropy · SGD · α 0.1 · seed 1",
        "Blobs · Cross-entropy · SGD · α 0.02 · seed 1",
    ]
    store.annotate([each.id for each in runs[:2]], name="Mine")
    called = labels(store.list().assign(reference=False, status="stopped"))
    assert [called[run.id] for run in runs] == [
        f"Mine (stopped) [{runs[0].id[:6]}]",
        f"Mine (stopped) [{runs[1].id[:6]}]",
        "Blobs · Cross-entropy · SGD · α 0.02 · seed 1 (stopped)",
    ]
