"""Uploaded data that a page needs and that are not here.

The page says which data it needs and takes the file; whatever does not need them is shown.

- `offer_named` and `offer` show the message with the uploader, once for each data set.
- `part` surrounds a part of a page that needs data, `known` a value that follows from them.
- Around every page and fragment `workspace.unreadable_said` catches what neither of them did.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core import Experiment, StoreError
from lossopt_core.data.datasets import (
    BROUGHT,
    DATASETS,
    Examples,
    MissingDataError,
)
from lossopt_core.experiment.loading import check_present
from lossopt_core.uploads import ENDINGS, fingerprint, read
from lossopt_core.uploads.files import LARGEST
from lossopt_core.uploads.matching import matching
from lossopt_core.uploads.shelf import LONGEST_NAME
from lossopt_ui.config import budgets
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.names import in_markdown
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey, UploaderKey

OWN = "own"
NOTHING = pages.DECLARED[f"{OWN}.data"].default
"""The fingerprint that stands for no choice."""
Options = Mapping[str, Any]
_PAGE = SessionKey("missing.page", str)
_NAMED: SessionKey[Options | None] = SessionKey("missing.named", lambda: None)
"""The data that the page's address named."""
_OFFERED: SessionKey[dict[str, str]] = SessionKey("missing.offered", dict)
"""The place at which the upload is offered, by fingerprint."""
_UPLOADER = UploaderKey("missing.files")
Value = TypeVar("Value")


def is_missing(experiment: Experiment) -> bool:
    """Whether the experiment is on uploaded data that are not here."""
    try:
        check_present(experiment)
    except MissingDataError:
        return True
    return False


def known(compute: Callable[[], Value]) -> Value | None:
    """What is computed; None where data are missing for it."""
    try:
        return compute()
    except MissingDataError:
        return None


@contextmanager
def part(what: str) -> Iterator[None]:
    """A part of a page that needs data: where they are missing one line takes its place.

    `what` is the part's name, as the beginning of a sentence.
    """
    try:
        yield
    except MissingDataError as error:
        mark = error.options["data"]
        if mark == NOTHING:
            st.caption(f"{what}: choose or upload data first.")
            return
        st.caption(f"{what}: not available without the data `{mark}`.")
        if mark not in _OFFERED.get():
            st.page_link(
                pages.DATA.file,
                label="Upload the file",
                icon=":material/upload_file:",
                query_params=query_of(error.options),
            )


def query_of(options: Options) -> dict[str, str]:
    """The options as they stand in an address."""
    return {f"{OWN}.{name}": str(value) for name, value in options.items()}


def read_address(page: PageSpec) -> None:
    """Keep in mind, until the page is left, which data its address named."""
    if _PAGE.get() != page.name:
        _PAGE.set(page.name)
        _NAMED.set(None)
    found, _ = url.read(st.query_params.to_dict())
    if f"{OWN}.data" in found:
        names = {name: f"{OWN}.{name}" for name in DATASETS[OWN].options}
        _NAMED.set(
            {name: found.get(full, pages.DECLARED[full].default) for name, full in names.items()}
        )


def offer_named(page: PageSpec) -> None:
    """Offer the upload of what the address or the chosen data set names, at the top of a page.

    On a page without a data set among its options, what the address named counts.
    """
    _OFFERED.set({})
    options = _NAMED.get()
    if "dataset" in page.options:
        chosen = {name: widgets.value(f"{OWN}.{name}") for name in DATASETS[OWN].options}
        options = chosen if widgets.value("dataset") == OWN else None
    if options is not None:
        _offer([options], "address")


def offer(experiments: Sequence[Experiment], place: str) -> None:
    """Offer the upload of the data that these experiments need; `place` tells uploaders apart."""
    on_uploads = [each for each in experiments if DATASETS[each.dataset].brought]
    by_mark = {each.dataset_options["data"]: each.dataset_options for each in on_uploads}
    _offer(list(by_mark.values()), place)


def _offer(candidates: Sequence[Options], place: str) -> None:
    try:
        wanted = {each["data"]: each for each in candidates if _to_be_offered(each, place)}
    except StoreError:  # whoever looks at runs will be told
        return
    if not wanted:
        return
    _OFFERED.get().update(dict.fromkeys(wanted, place))
    with st.container(border=True):
        st.error(
            "This page needs data that are not here: "
            + "; ".join(map(_described, wanted.values()))
            + ". Upload the file that they came from, or the NPZ file of the data.",
            icon=":material/dataset:",
        )
        file = uploads.uploader(
            "The file with these data",
            type=[ending.removeprefix(".") for ending in ENDINGS],
            max_upload_size=LARGEST // 1_000_000,
            key=_UPLOADER.key(f"missing-data-{place}"),
        )
        if file is not None:
            _take(file, wanted)


def _to_be_offered(options: Options, place: str) -> bool:
    mark = options["data"]
    if mark == NOTHING or _OFFERED.get().get(mark, place) != place:
        return False
    try:
        BROUGHT.check(options)
    except MissingDataError:
        return True
    return False


def _described(options: Options) -> str:
    return (
        f"fingerprint `{options['data']}` ({options['examples']:,} examples,"
        f" {options['features']:,} features, {options['classes']} classes)"
    )


def _examples(file: UploadedFile, wanted: Mapping[str, Options]) -> tuple[Examples, str]:
    """The examples in an upload that come nearest to what is wanted, and their fingerprint."""

    def find(data: bytes, filename: str) -> Examples:
        with st.spinner("Reading the file …"):
            return matching(read(data, filename, budgets.budget()), wanted)

    examples = file_contents.of(file, find)
    return examples, fingerprint(examples)


def _take(file: UploadedFile, wanted: Mapping[str, Options]) -> None:
    """Keep the file's data if they are those that are wanted; say which they are otherwise."""
    try:
        examples, mark = _examples(file, wanted)
        if mark in wanted:
            workspace.shelf().keep(
                file.name.rpartition(".")[0][:LONGEST_NAME] or "Own data", examples
            )
    except (StoreError, ValueError) as error:
        problem = str(error)
        st.error(f"{in_markdown(problem[0].upper() + problem[1:])}.", icon=":material/error:")
        return
    if mark in wanted:
        _UPLOADER.empty()
        st.rerun()
    came = dict(zip(("examples", "features"), examples.features.shape, strict=True))
    came |= {"data": mark, "classes": len(examples.class_names)}
    needed = " or ".join(map(_described, wanted.values()))
    st.error(
        f"These are other data. Needed: {needed}. In the file: {_described(came)}.",
        icon=":material/rule:",
    )
    st.page_link(
        pages.DATA.file,
        label="Choose what the columns mean",
        icon=":material/table:",
        query_params=query_of(next(iter(wanted.values()))),
    )
