"""Upload of data: the file, the mapping of its columns, and the data sets uploaded so far."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_core.data.datasets import Examples
from lossopt_core.uploads import (
    ENDINGS,
    Preparation,
    Prepared,
    UploadedData,
    columns_of,
    prepare,
    read,
    suggest,
    to_bytes,
)
from lossopt_core.uploads.files import LARGEST, encoding_of
from lossopt_core.uploads.preparing import MISSING_VALUES, TEXT_COLUMNS, Column
from lossopt_core.uploads.store import LONGEST_NAME
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


def upload() -> None:
    """Upload a file, preview it, map its columns and save it as a data set."""
    file = uploads.uploader(
        "Table or arrays",
        type=[ending.removeprefix(".") for ending in ENDINGS],
        max_upload_size=LARGEST // 1_000_000,
        help="CSV or TSV with a header row, or Parquet; or a NumPy NPZ file with X (examples ×"
        " features, or images as examples × rows × columns) and labels y.",
        key=_UPLOADER.key("own-data"),
    )
    if problem := _PROBLEM.pop():
        st.error(problem)
    if file is None:
        file_contents.give_back()
        _show_instructions()
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
        said = names.escape_markdown(problem[0].upper() + problem[1:])
        st.error(f"{said}.", icon=":material/error:")
        return
    _outcome(prepared, file.name, file.file_id)


def _content(data: bytes, name: str) -> tuple[pd.DataFrame | Examples, Sequence[Column], str]:
    """Parse an upload into content, columns and encoding; needed again at every change."""
    with st.spinner("Reading the file …"):
        content = read(data, name, budgets.budget())
        if isinstance(content, Examples):
            return content, [], ""
        is_text = name.lower().endswith((".csv", ".tsv"))
        return content, columns_of(content), encoding_of(data) if is_text else "utf-8"


def _show_instructions() -> None:
    st.info(
        "Upload a file with one row per example and a label column. You choose the label and the"
        " features, and how missing values and categories are handled, before anything is saved."
    )
    st.caption("Example:")
    st.code(EXAMPLE, language=None)


def _preview(table: pd.DataFrame, columns: Sequence[Column], encoding: str) -> None:
    read_as = "" if encoding == "utf-8" else f" Encoding: {encoding}."
    size = [names.counted(len(table), "row"), names.counted(len(table.columns), "column")]
    st.caption(f"{', '.join(size)}.{read_as}")
    st.dataframe(table.head(SHOWN_ROWS), height=180)
    with st.expander("Columns"):
        st.dataframe(
            {
                "column": [each.name for each in columns],
                "type": ["number" if each.numeric else "text" for each in columns],
                "unique values": [each.values for each in columns],
                "missing": [int(each.missing.sum()) for each in columns],
            },
            hide_index=True,
        )


def _meaning(columns: Sequence[Column], file: str) -> Preparation:
    meant = suggest(columns)
    called = [each.name for each in columns]
    label = st.selectbox(
        "Label", called, index=called.index(meant.label), key=f"label-{file}",
        help="The column with the class of each example. At most 100 classes.",
    )  # fmt: skip
    others = [name for name in called if name != label]
    features = st.multiselect(
        "Features",
        others,
        default=[name for name in others if name in meant.features or name == meant.label],
        key=f"features-{file}-{label}",
        help="The inputs of the classifier. Leave out row numbers and ids.",
    )
    with st.container(horizontal=True):
        missing = st.selectbox(
            "Missing values",
            list(MISSING_VALUES),
            format_func=MISSING_VALUES.__getitem__,
            key=f"missing-{file}",
        )
        texts = st.selectbox(
            "Categorical columns",
            list(TEXT_COLUMNS),
            format_func=TEXT_COLUMNS.__getitem__,
            key=f"texts-{file}",
        )
    return Preparation(label, tuple(features), missing, texts)


def _outcome(prepared: Prepared, filename: str, file: str) -> None:
    """Preview the resulting data set, with the button to save it."""
    examples = prepared.examples
    count, width = examples.features.shape
    with st.container(horizontal=True):
        st.metric("Examples", f"{count:,}")
        st.metric("Features", f"{width:,}")
        st.metric("Classes", f"{len(examples.class_names):,}")
    for sentence in prepared.steps:
        st.markdown(f"- {names.escape_markdown(sentence)}")
    largest = prepared.balance.max() / count
    figure.show(
        charts.balance(prepared.balance, theme=figure.theme()),
        key="balance",
        alt=f"Number of examples per class; the largest class has {largest:.0%} of them.",
        height=min(420, 120 + 24 * len(prepared.balance)),
    )
    if examples.image_shape is not None:
        figure.show(
            charts.some_images(examples),
            key="images",
            alt="Some example images of several classes.",
            height=160,
        )
    name = st.text_input("Name", filename.rpartition(".")[0][:LONGEST_NAME], key=f"name-{file}",
                         max_chars=LONGEST_NAME)  # fmt: skip
    st.button("Save", key="keep-data", type="primary", icon=":material/save:",
              on_click=_save, args=(name or "Your data", examples))  # fmt: skip


def _save(name: str, examples: Examples) -> None:
    try:
        kept = workspace.upload_store().save(name, examples)
    except (StoreError, ValueError) as error:
        _PROBLEM.set(f"Not saved: {names.escape_markdown(str(error))}.")
        return
    form.choose_data(kept)
    _UPLOADER.empty()


def saved() -> None:
    """List the uploaded data sets, with buttons to train on, download and delete them."""
    st.subheader("Uploaded data sets")
    found = workspace.upload_store().list()
    if not found:
        where = "private to your workspace" if mode.hosted() else "stored on this machine"
        st.info(f"No uploads yet. Uploaded data are {where}.")
        return
    for each in found:
        _one(each)


def _one(each: UploadedData) -> None:
    chosen = widgets.value("dataset") == "own" and widgets.value("own.data") == each.fingerprint
    with st.container(border=True):
        st.markdown(f"**{names.escape_markdown(each.name)}**{' · selected' if chosen else ''}")
        size = each.size
        st.caption(
            f"{size.examples:,} examples, {names.counted(size.features, 'feature')},"
            f" {size.classes} classes · fingerprint {each.fingerprint}"
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
            st.button("Delete", key=f"remove-{each.fingerprint}", on_click=_delete, args=(each,),
                      icon=":material/delete:", type="tertiary")  # fmt: skip


def _file(each: UploadedData) -> File:
    def make(mine: Mine) -> bytes:
        examples = mine.upload_store.examples(each.fingerprint)
        if examples is None:
            raise FileError("this data set has been deleted; reload the page")
        return to_bytes(examples)

    return File(
        "Download",
        f"{each.fingerprint}.npz",
        "application/octet-stream",
        make,
        key=f"download-{each.fingerprint}",
        type="tertiary",
    )


def _delete(each: UploadedData) -> Any:
    try:
        workspace.upload_store().delete(each.fingerprint)
    except StoreError as error:
        _PROBLEM.set(f"Not deleted: {names.escape_markdown(str(error))}.")
