"""Runs in a file to keep come back whole; what else is in such a file is refused."""

import json
import zipfile
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lossopt_core import RunStore, train
from lossopt_core.exchange.archive import from_archive, to_archive
from tests.experiments import TINY

WHOLE = to_archive(train([TINY, TINY.replace(loss="hinge", learning_rate=1000, optimizer="gd")]))


def parts(data: bytes = WHOLE) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(**files: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def changed(**settings: object) -> bytes:
    """The archive with other things said about its second run."""
    content = json.loads(parts()["runs.json"])
    content["runs"][1] |= settings
    return zipped(runs_json=json.dumps(content).encode(), numbers_bin=parts()["numbers.bin"])


def test_archived_runs_are_read_back_exactly_and_can_be_saved(finished, address):
    data = to_archive(finished)
    assert data == to_archive(finished)
    store = RunStore(address)
    store.save(from_archive(data))
    for ours, theirs in zip(finished, store.load([run.id for run in finished]), strict=True):
        assert ours.experiment == theirs.experiment
        assert (ours.status, ours.reason) == (theirs.status, theirs.reason)
        assert ours.environment == theirs.environment
        for table in ("history", "minibatch"):
            assert_frame_equal(getattr(ours, table), getattr(theirs, table), check_exact=True)
        for array in ("weights", "bias", "path", "path_updates"):
            np.testing.assert_array_equal(getattr(ours, array), getattr(theirs, array))
            assert getattr(ours, array).dtype == getattr(theirs, array).dtype


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an archive of runs"),
        (WHOLE[:-40], "not an archive of runs"),
        (b"x" * 5_000_001, "at most 5,000,000 bytes"),
        (zipped(runs_json=b"{}"), "runs.json and numbers.bin"),
        (zipped(runs_json=b"{}", numbers_bin=b""), "another version"),
        (zipped(runs_json=b"[" * 100_000, numbers_bin=b""), "cannot be read"),
        (zipped(runs_json=b'{"version": 1, "runs": []}', numbers_bin=b""), "1 to 2,000 runs"),
        (zipped(runs_json=parts()["runs.json"], numbers_bin=b""), "truncated"),
        (
            zipped(runs_json=parts()["runs.json"], numbers_bin=parts()["numbers.bin"] + bytes(8)),
            "surplus numbers",
        ),
        (changed(status="perfect"), "run 2: its status is 'perfect'"),
        (changed(experiment='{"loss": "evil"}'), "run 2: "),
        (changed(environment=[]), "run 2: its environment"),
        (changed(reason="\x1b[2J"), "run 2: reason must not contain control"),
        (changed(arrays=[]), "run 2: it has no"),
        (changed(arrays=None), "cannot be read"),
    ],
)
def test_invalid_archives_are_rejected_with_a_message(data, said):
    with pytest.raises(ValueError, match=said):
        from_archive(data)


def test_an_archive_above_the_size_limit_is_not_unpacked():
    bomb = zipped(runs_json=parts()["runs.json"], numbers_bin=bytes(100_000_000))
    assert len(bomb) < 1_000_000
    with pytest.raises(ValueError, match="unpacks to more than 100,000,000 bytes"):
        from_archive(bomb)


def test_a_file_that_lies_about_its_size_is_rejected():
    large = zipped(runs_json=parts()["runs.json"], numbers_bin=bytes(1_000_000))
    lying = large.replace((1_000_000).to_bytes(4, "little"), (8).to_bytes(4, "little"))
    assert lying != large
    with pytest.raises(ValueError, match="not an archive of runs"):
        from_archive(lying)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE) - 1))
def test_any_bytes_are_runs_or_a_value_error(data, place):
    for each in (data, WHOLE[:place] + data + WHOLE[place + len(data) :]):
        with suppress(ValueError):
            assert len(from_archive(each)) == 2


def test_empty_and_too_large_archives_are_rejected(finished):
    with pytest.raises(ValueError, match="1 to 2,000"):
        to_archive([])
