"""Data that a visitor brings: the file, what is made of it, and what was brought before."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_core.data.datasets import Examples
from lossopt_core.uploads import (
    ENDINGS,
    Kept,
    Preparation,
    Prepared,
    columns_of,
    prepare,
    read,
    suggest,
    to_bytes,
)
from lossopt_core.uploads.files import LARGEST, encoding_of
from lossopt_core.uploads.preparing import GAPS, TEXTS, Column
from lossopt_core.uploads.shelf import LONGEST_NAME
from lossopt_ui.charts import own_data as charts
from lossopt_ui.config import budgets, mode
from lossopt_ui.experiment import form
from lossopt_ui.figures import figure
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.runs import files
from lossopt_ui.runs.files import File, FileError, Mine
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.session import SessionKey, UploaderKey

SHOWN_ROWS = 50
EXAMPLE = """\
height,weight,colour,kind
12.5,140,red,apple
11.0,150,green,apple
13.1,,red,apple
18.2,95,yellow,banana
17.0,90,green,banana
"""
_UPLOADER = UploaderKey("own_data.files")
_PROBLEM = SessionKey("own_data.problem", str)


def bring() -> None:
    """A file, what is in it, what its columns mean; then it is kept."""
    file = uploads.uploader(
        "A table, or arrays",
        type=[ending.removeprefix(".") for ending in ENDINGS],
        max_upload_size=LARGEST // 1_000_000,
        help="CSV or TSV with a row of names, Parquet; or NumPy's NPZ with numbers X (examples ×"
        " features) or images X (examples × rows × columns), and labels y.",
        key=_UPLOADER.key("own-data"),
    )
    if problem := _PROBLEM.pop():
        st.error(problem)
    if file is None:
        file_contents.give_back()
        _say_how()
        return
    try:
        content, columns, encoding = file_contents.of(file, _content)
        if isinstance(content, Examples):
            prepared = Prepared(content, ())
        else:
            _preview(content, columns, encoding)
            prepared = prepare(columns, _meaning(columns, file.file_id))
    except ValueError as error:
        problem = str(error)
        said = names.in_markdown(problem[0].upper() + problem[1:])
        st.error(f"{said}.", icon=":material/error:")
        return
    _outcome(prepared, file.name, file.file_id)


def _content(data: bytes, name: str) -> tuple[pd.DataFrame | Examples, Sequence[Column], str]:
    """What is in an upload, and its letters' encoding: each choice of meaning looks at it again."""
    with st.spinner("Reading the file …"):
        content = read(data, name, budgets.budget())
        if isinstance(content, Examples):
            return content, [], ""
        is_text = name.lower().endswith((".csv", ".tsv"))
        return content, columns_of(content), encoding_of(data) if is_text else "utf-8"


def _say_how() -> None:
    st.info(
        "Drop a file here: one row an example, one column of them its class. You choose which, and"
        " see what becomes of gaps and texts, before anything is kept."
    )
    st.caption("A table may look like this:")
    st.code(EXAMPLE, language=None)


def _preview(table: pd.DataFrame, columns: Sequence[Column], encoding: str) -> None:
    read_as = "" if encoding == "utf-8" else f" Its letters were read as {encoding}."
    size = [names.counted(len(table), "row"), names.counted(len(table.columns), "column")]
    st.caption(f"{', '.join(size)}.{read_as}")
    st.dataframe(table.head(SHOWN_ROWS), height=180)
    with st.expander("What the columns hold"):
        st.dataframe(
            {
                "column": [each.name for each in columns],
                "holds": ["numbers" if each.numeric else "texts" for each in columns],
                "different values": [each.values for each in columns],
                "missing": [int(each.gaps.sum()) for each in columns],
            },
            hide_index=True,
        )


def _meaning(columns: Sequence[Column], file: str) -> Preparation:
    meant = suggest(columns)
    called = [each.name for each in columns]
    label = st.selectbox(
        "Label", called, index=called.index(meant.label), key=f"label-{file}",
        help="The column that says what an example is: at most 100 classes.",
    )  # fmt: skip
    others = [name for name in called if name != label]
    features = st.multiselect(
        "Features",
        others,
        default=[name for name in others if name in meant.features or name == meant.label],
        key=f"features-{file}-{label}",
        help="What the classifier sees. Leave out numbers that only count the rows.",
    )
    with st.container(horizontal=True):
        missing = st.selectbox(
            "Missing values", list(GAPS), format_func=GAPS.get, key=f"missing-{file}"
        )
        texts = st.selectbox(
            "Columns of texts", list(TEXTS), format_func=TEXTS.get, key=f"texts-{file}"
        )
    return Preparation(label, tuple(features), missing, texts)


def _outcome(prepared: Prepared, filename: str, file: str) -> None:
    """What the data would be; the button that keeps them."""
    examples = prepared.examples
    count, width = examples.features.shape
    with st.container(horizontal=True):
        st.metric("Examples", f"{count:,}")
        st.metric("Features", f"{width:,}")
        st.metric("Classes", f"{len(examples.class_names):,}")
    for sentence in prepared.said:
        st.markdown(f"- {names.in_markdown(sentence)}")
    largest = prepared.balance.max() / count
    figure.show(
        charts.balance(prepared.balance, theme=figure.theme()),
        key="balance",
        alt=f"Examples of each class; the largest class has {largest:.0%} of them.",
        height=min(420, 120 + 24 * len(prepared.balance)),
    )
    if examples.image_shape is not None:
        figure.show(
            charts.some_images(examples),
            key="images",
            alt="The first examples of some classes, as images.",
            height=160,
        )
    name = st.text_input("Name", filename.rpartition(".")[0][:LONGEST_NAME], key=f"name-{file}",
                         max_chars=LONGEST_NAME)  # fmt: skip
    st.button("Keep it", key="keep-data", type="primary", icon=":material/save:",
              on_click=_keep, args=(name or "Own data", examples))  # fmt: skip


def _keep(name: str, examples: Examples) -> None:
    try:
        kept = workspace.shelf().keep(name, examples)
    except (StoreError, ValueError) as error:
        _PROBLEM.set(f"Not kept: {names.in_markdown(str(error))}.")
        return
    form.choose_data(kept)
    _UPLOADER.empty()


def kept() -> None:
    """What was brought before: to train on, to take out, to remove."""
    st.subheader("Your data")
    found = workspace.shelf().list()
    if not found:
        where = "in your workspace: nobody else sees it" if mode.hosted() else "on this machine"
        st.info(f"Nothing is kept yet. What you bring stays {where}.")
        return
    for each in found:
        _one(each)


def _one(each: Kept) -> None:
    chosen = widgets.value("dataset") == "own" and widgets.value("own.data") == each.fingerprint
    with st.container(border=True):
        st.markdown(f"**{names.in_markdown(each.name)}**{' · chosen' if chosen else ''}")
        size = each.size
        st.caption(
            f"{size.examples:,} examples, {size.features:,} features, {size.classes} classes ·"
            f" fingerprint {each.fingerprint}"
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                pages.TRAIN.file,
                label="Train on it",
                icon=":material/model_training:",
                query_params={"dataset": "own"}
                | {f"own.{name}": str(value) for name, value in each.options.items()},
            )
            files.offer(_file(each))
            st.button("Remove", key=f"remove-{each.fingerprint}", on_click=_remove, args=(each,),
                      icon=":material/delete:", type="tertiary")  # fmt: skip


def _file(each: Kept) -> File:
    def make(mine: Mine) -> bytes:
        examples = mine.shelf.examples(each.fingerprint)
        if examples is None:
            raise FileError("these data are no longer stored; reload the page")
        return to_bytes(examples)

    return File(
        "Download",
        f"{each.fingerprint}.npz",
        "application/octet-stream",
        make,
        key=f"download-{each.fingerprint}",
        type="tertiary",
    )


def _remove(each: Kept) -> Any:
    try:
        workspace.shelf().forget(each.fingerprint)
    except StoreError as error:
        _PROBLEM.set(f"Not removed: {names.in_markdown(str(error))}.")
