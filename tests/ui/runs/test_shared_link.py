"""A shared link is not longer than servers accept."""

import pytest

from lossopt_ui.runs import shared_link
from lossopt_ui.runs.shared_link import LONGEST_ADDRESS

HERE = "https://lossopt.example.org/compare?"


@pytest.mark.parametrize("more", [0, 1])
def test_the_limit_applies_to_the_whole_address(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    others = "filter=" + "x" * 900 + "&"
    monkeypatch.setattr(
        shared_link.widgets, "address", lambda share: f"{HERE}{others}share={share}"
    )
    monkeypatch.setattr(shared_link, "_in_common", lambda runs: {})
    room = LONGEST_ADDRESS - len(f"{HERE}{others}share=")
    monkeypatch.setattr(shared_link, "pack", lambda runs, environment: "A" * (room + more))
    if more:
        with pytest.raises(ValueError, match="a link can hold only about 99 of these 100 runs"):
            shared_link._link([object()] * 100)  # type: ignore[list-item]
    else:
        assert len(shared_link._link([])) == LONGEST_ADDRESS
