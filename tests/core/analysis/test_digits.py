"""Numbers are written with as many digits as they mean."""

import pytest

from lossopt_core.analysis.digits import with_spread


@pytest.mark.parametrize(
    ("mean", "spread", "said"),
    [
        (63.481, 3.04, "63.5 ± 3.0"),
        (96.228, 0.41, "96.23 ± 0.41"),
        (0.123456, 0.00123, "0.1235 ± 0.0012"),
        (1234.6, 250.0, "1235 ± 250"),
        (12738009.0, 11654315.0, "1.274e+07 ± 1.2e+07"),
        (1.23456e-9, 2.5e-12, "1.235e-09 ± 2.5e-12"),
        (95.5556, 0.0, "95.5556 ± 0"),
        (94.41, 1.5e-14, "94.41 ± 0"),
        (-94.41, 1.5e-14, "-94.41 ± 0"),
    ],
)
def test_the_mean_has_the_decimals_of_its_spread(mean: float, spread: float, said: str) -> None:
    assert with_spread(mean, spread) == said
