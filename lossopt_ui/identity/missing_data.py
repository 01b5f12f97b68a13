"""Missing uploads: data sets that a page needs but that have not been uploaded here.

The page names the missing data set and offers an uploader; everything that does not need the data
is shown.

- `offer_named` and `offer` show the message with the uploader, once for each data set.
- `part` wraps a part of a page that needs data, `known` a computation that needs them.
- Around every page and fragment, `workspace.store_errors_shown` catches the remaining errors.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core import Experiment, StoreError
from lossopt_core.data.datasets import (
    DATASETS,
    UPLOADED,
    Examples,
    MissingDataError,
)
from lossopt_core.experiment.loading import check_present
from lossopt_core.files.limits import LARGEST
from lossopt_core.uploads import fingerprint, read
from lossopt_core.uploads.matching import matching
from lossopt_core.uploads.store import LONGEST_NAME
from lossopt_ui.config import budgets
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.names import counted, escape_markdown
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey, UploaderKey

OWN = "own"
NOTHING = pages.DECLARED[f"{OWN}.data"].default
"""The fingerprint that means no data set is chosen."""
Options = Mapping[str, Any]
_PAGE = SessionKey("missing.page", str)
_NAMED: SessionKey[Options | None] = SessionKey("missing.named", lambda: None)
"""The data set named in the page's address."""
_OFFERED: SessionKey[dict[str, str]] = SessionKey("missing.offered", dict)
"""The place where each upload is offered, by fingerprint."""
_UPLOADER = UploaderKey("missing.files")
Value = TypeVar("Value")


def is_missing(experiment: Experiment) -> bool:
    """Whether the experiment is on an uploaded data set that is missing here."""
    try:
        check_present(experiment)
    except MissingDataError:
        return True
    return False


def known(compute: Callable[[], Value]) -> Value | None:
    """The result of `compute`; None if its data are missing."""
    try:
        return compute()
    except MissingDataError:
        return None


@contextmanager
def part(what: str) -> Iterator[None]:
    """Wrap a part of a page that needs data: if they are missing, show a line in its place.

    `what` is the name of the part, as the beginning of a sentence.
    """
    try:
        yield
    except MissingDataError as error:
        mark = error.options["data"]
        if mark == NOTHING:
            st.caption(f"{what}: choose or upload data first.")
            return
        st.caption(f"{what}: not available without the data set `{mark}`.")
        if mark not in _OFFERED.get():
            st.page_link(
                pages.DATA.file,
                label="Upload the file",
                icon=":material/upload_file:",
                query_params=query_of(error.options),
            )


def query_of(options: Options) -> dict[str, str]:
    """The options as query parameters."""
    return {f"{OWN}.{name}": str(value) for name, value in options.items()}


def read_address(page: PageSpec) -> None:
    """Remember which data set the address named, until the visitor leaves the page."""
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
    """Offer the upload of the chosen data set at the top of a page.

    On a page without a data set among its options, that is the one named in the address.
    """
    _OFFERED.set({})
    options = _NAMED.get()
    if "dataset" in page.options:
        chosen = {name: widgets.value(f"{OWN}.{name}") for name in DATASETS[OWN].options}
        options = chosen if widgets.value("dataset") == OWN else None
    if options is not None:
        _offer([options], "address")


def offer(experiments: Sequence[Experiment], place: str) -> None:
    """Offer the upload of the data that these experiments need.

    `place` distinguishes the uploaders of a page.
    """
    on_uploads = [each for each in experiments if DATASETS[each.dataset].uploaded]
    by_mark = {each.dataset_options["data"]: each.dataset_options for each in on_uploads}
    _offer(list(by_mark.values()), place)


def _offer(candidates: Sequence[Options], place: str) -> None:
    try:
        wanted = {each["data"]: each for each in candidates if _to_be_offered(each, place)}
    except StoreError:  # pages that read runs report it
        return
    if not wanted:
        return
    _OFFERED.get().update(dict.fromkeys(wanted, place))
    with st.container(border=True):
        st.error(
            "This page needs data that have not been uploaded here: "
            + "; ".join(map(_described, wanted.values()))
            + ". Upload the original file, or the NPZ file downloaded from lossopt.",
            icon=":material/dataset:",
        )
        file = uploads.uploader(
            "File with these data",
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
        UPLOADED.check(options)
    except MissingDataError:
        return True
    return False


def _described(options: Options) -> str:
    return (
        f"fingerprint `{options['data']}` ({options['examples']:,} examples,"
        f" {counted(options['features'], 'feature')}, {options['classes']} classes)"
    )


def _examples(file: UploadedFile, wanted: Mapping[str, Options]) -> tuple[Examples, str]:
    """The examples in an upload that best match what is needed, and their fingerprint."""

    def find(data: bytes, filename: str) -> Examples:
        with st.spinner("Reading the file …"):
            return matching(read(data, filename, budgets.budget()), wanted)

    examples = file_contents.of(file, find)
    return examples, fingerprint(examples)


def _take(file: UploadedFile, wanted: Mapping[str, Options]) -> None:
    """Save the uploaded data if they are the needed ones; otherwise report the mismatch."""
    try:
        examples, mark = _examples(file, wanted)
        if mark in wanted:
            workspace.upload_store().save(
                file.name.rpartition(".")[0][:LONGEST_NAME] or "Your data", examples
            )
    except (StoreError, ValueError) as error:
        problem = str(error)
        st.error(f"{escape_markdown(problem[0].upper() + problem[1:])}.", icon=":material/error:")
        return
    if mark in wanted:
        _UPLOADER.empty()
        st.rerun()
    came = dict(zip(("examples", "features"), examples.features.shape, strict=True))
    came |= {"data": mark, "classes": len(examples.class_names)}
    needed = " or ".join(map(_described, wanted.values()))
    st.error(
        f"This file contains other data. Needed: {needed}. In the file: {_described(came)}.",
        icon=":material/rule:",
    )
    st.page_link(
        pages.DATA.file,
        label="Map the columns",
        icon=":material/table:",
        query_params=query_of(next(iter(wanted.values()))),
    )
