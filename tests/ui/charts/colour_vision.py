"""How different two colours are to the eye, with normal vision and the three kinds of blindness.

CIEDE2000 (Sharma, Wu, Dalal 2005) between sRGB colours under D65; colour blindness as simulated by
the matrices of Machado, Oliveira, Fernandes (2009) for complete loss of one kind of cone.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

VISIONS: dict[str, Numbers] = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)


def difference(one: str, other: str, vision: str = "normal") -> float:
    """CIEDE2000 between two '#RRGGBB' as seen with a kind of vision."""
    return ciede2000(*(_lab(each, VISIONS[vision]) for each in (one, other)))


def _lab(colour: str, vision: Numbers) -> Numbers:
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    ratio = _TO_XYZ @ (vision @ linear).clip(0, 1) / _WHITE
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: Numbers, other: Numbers) -> float:
    """The difference of two colours in CIELAB."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    (l1, c1, h1), (l2, c2, h2) = (_polar(each, stretch) for each in (one, other))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    angles = ((1, -30, -0.17), (2, 0, 0.24), (3, 6, 0.32), (4, -63, -0.20))
    t = 1 + sum(share * np.cos(np.radians(k * hue + shift)) for k, shift, share in angles)
    weight_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    by_l = (l2 - l1) / weight_l
    by_c = (c2 - c1) / (1 + 0.045 * chroma)
    by_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    rotation = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    mixed = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(rotation))
    return float(np.sqrt(by_l**2 + by_c**2 + by_h**2 + mixed * by_c * by_h))


def _polar(lab: Numbers, stretch: float) -> tuple[float, float, float]:
    a = lab[1] * stretch
    return float(lab[0]), float(np.hypot(a, lab[2])), float(np.degrees(np.arctan2(lab[2], a)) % 360)
