"""Upload of data: the file, the mapping of its columns, and the data sets uploaded so far."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.data.datasets import Examples
from lossopt_core.files.choices import Choices
from lossopt_core.files.columns import Column, columns_of
from lossopt_core.files.content import NPZ, content_of
from lossopt_core.files.limits import LARGEST
from lossopt_core.files.sheet import Sheet
from lossopt_core.uploads import Preparation, Prepared, UploadedData, prepare, suggest, to_bytes
from lossopt_core.uploads.describing import describe_arrays, describe_table
from lossopt_core.uploads.npz import Arrays, examples_in
from lossopt_core.uploads.preparing import MISSING_VALUES, TEXT_COLUMNS
from lossopt_core.uploads.reading import read
from lossopt_core.uploads.roles import with_one_hot_labels
from lossopt_core.uploads.store import LONGEST_NAME
from lossopt_ui.charts import own_data as charts
from lossopt_ui.config import budgets, mode
from lossopt_ui.experiment import form
from lossopt_ui.figures import figure
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.runs import file_preview, files
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
        max_upload_size=LARGEST // 1_000_000,
        help="CSV and other delimited text, Excel, Parquet, JSON, ARFF, svmlight, or a NumPy NPZ"
        " file with X (examples × features, or images as examples × rows × columns) and labels y;"
        " also packed with gzip or zip.",
        key=_UPLOADER.key("own-data"),
    )
    if problem := _PROBLEM.pop():
        st.error(problem)
    if file is None:
        file_contents.give_back()
        _show_instructions()
        return
    choices = file_preview.chosen(file.file_id)
    try:
        content = file_contents.of(
            file, lambda data, name: _content(data, name, choices), variant=repr(choices)
        )
    except ValueError as error:
        file_preview.controls(file.file_id, None)
        file_preview.refusal(error)
        return
    if isinstance(content, Arrays):
        _arrays(content)
        _outcome(Prepared(content.examples, ()), file.name, file.file_id)
    elif (prepared := _table(*content, file.file_id)) is not None:
        _outcome(prepared, file.name, file.file_id)


Table = tuple[Sheet, Sequence[Column]]


def _content(data: bytes, name: str, choices: Choices) -> Arrays | Table:
    """Parse an upload; needed again at every change."""
    with st.spinner("Reading the file …"):
        if data and content_of(data, name).format == NPZ:
            return examples_in(data, budgets.budget())
        sheet = read(data, name, budgets.budget(), choices)
        assert isinstance(sheet, Sheet)
        return sheet, columns_of(sheet, choices)


def _arrays(arrays: Arrays) -> None:
    found = describe_arrays(arrays)
    file_preview.controls("", found)
    file_preview.columns(found)
    file_preview.said(found)


def _table(sheet: Sheet, columns: Sequence[Column], file: str) -> Prepared | None:
    """Preview a table and map its columns; None if it cannot be prepared like that."""
    size = [names.counted(len(sheet.cells), "row"), names.counted(len(columns), "column")]
    st.caption(f"{', '.join(size)}. Read as {sheet.format}.")
    top, table = st.container(), st.container()
    try:
        how = _meaning(columns, file)
    except ValueError as error:
        file_preview.refusal(error)
        return None
    prepared, problem = None, None
    try:
        prepared = prepare(columns, how)
    except ValueError as error:
        problem = error
    found = describe_table(sheet, columns, how, prepared)
    with top:
        file_preview.controls(file, found, columns)
    with table:
        file_preview.columns(found)
        with st.expander("First rows of the file"):
            st.dataframe(sheet.cells.head(SHOWN_ROWS), height=180)
    if problem is not None:
        file_preview.refusal(problem)
    file_preview.said(found)
    return prepared


def _show_instructions() -> None:
    st.info(
        "Upload a file with one row per example and a label column. You choose the label and the"
        " features, and how missing values and categories are handled, before anything is saved."
    )
    st.caption("Example:")
    st.code(EXAMPLE, language=None)


def _meaning(columns: Sequence[Column], file: str) -> Preparation:
    meant = suggest(columns)
    called = [each.name for each in with_one_hot_labels(columns)]
    label = st.selectbox(
        "Label", called, index=called.index(meant.label), key=f"label-{file}",
        help="The column with the class of each example. At most 100 classes.",
    )  # fmt: skip
    if label != meant.label:
        meant = suggest(columns, label)
    others = [each.name for each in columns if each.name != label]
    features = st.multiselect(
        "Features",
        others,
        default=[name for name in others if name in meant.features],
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
    part, image = meant.part, meant.image
    if part and not st.checkbox(f"Test on the rows that {names.escape_markdown(part)} names",
                                True, key=f"part-{file}"):  # fmt: skip
        part = None
    if image and not st.checkbox(f"Images of {image[0]} × {image[1]} pixels", True,
                                 key=f"image-{file}"):  # fmt: skip
        image = None
    same_case = _same_case(columns, label, file)
    return Preparation(label, tuple(features), missing, texts, part, image, same_case)


def _same_case(columns: Sequence[Column], label: str, file: str) -> bool:
    """Whether labels that differ in upper and lower case only are one class, if there are any."""
    [column] = [each for each in with_one_hot_labels(columns) if each.name == label]
    values = [str(each) for each in column.distinct.index]
    if len({value.lower() for value in values}) == len(values):
        return False
    return st.checkbox("Upper and lower case are the same class", key=f"case-{file}")


def _outcome(prepared: Prepared, filename: str, file: str) -> None:
    """Preview the resulting data set, with the button to save it."""
    examples = prepared.examples
    count, width = examples.features.shape
    with st.container(horizontal=True):
        st.metric("Examples", f"{count:,}")
        st.metric("Features", f"{width:,}")
        st.metric("Classes", f"{len(examples.class_names):,}")
        if examples.test is not None:
            st.metric("Test part", f"{examples.test.sum():,}")
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
