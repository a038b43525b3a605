"""Classes of the made-up streets, and the colours of their things."""

from __future__ import annotations

from workbench.types import IGNORE

Colour = tuple[float, float, float]
"""R, G, B from 0 to 255."""

CLASSES = ("road", "pavement", "building", "sky", "tree", "car", "person", "pole", "sign")
ROAD, PAVEMENT, BUILDING, SKY, TREE, CAR, PERSON, POLE, SIGN = range(9)
VOID = IGNORE

PALETTE: tuple[tuple[int, int, int], ...] = (  # the colours of these classes in Cityscapes
    (128, 64, 128),
    (244, 35, 232),
    (70, 70, 70),
    (70, 130, 180),
    (107, 142, 35),
    (0, 0, 142),
    (220, 20, 60),
    (153, 153, 153),
    (220, 220, 0),
)

WALLS: tuple[Colour, ...] = (
    (150, 84, 64),
    (198, 172, 130),
    (142, 142, 144),
    (214, 208, 196),
    (178, 138, 102),
    (98, 118, 136),
    (92, 84, 80),
)
PAINTS: tuple[Colour, ...] = (
    (176, 30, 34),
    (32, 58, 128),
    (36, 38, 42),
    (206, 208, 210),
    (128, 132, 136),
    (62, 92, 70),
    (196, 160, 60),
)
CLOTHES: tuple[Colour, ...] = (
    (40, 44, 66),
    (170, 50, 48),
    (60, 96, 140),
    (212, 204, 190),
    (88, 74, 60),
    (46, 92, 66),
    (214, 170, 60),
)
SIGNS: tuple[Colour, ...] = ((206, 34, 40), (30, 84, 176), (238, 200, 40), (232, 232, 232))
SKINS: tuple[Colour, ...] = ((234, 192, 164), (196, 146, 112), (120, 82, 60))
BINS: tuple[Colour, ...] = ((56, 84, 62), (96, 92, 88), (150, 120, 80))

_WHITE, _BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return a colour between two: ``a`` at ``share`` 0, ``b`` at ``share`` 1."""
    rest = 1.0 - share
    return (a[0] * rest + b[0] * share, a[1] * rest + b[1] * share, a[2] * rest + b[2] * share)


def pick(colours: tuple[Colour, ...], number: float, jitter: float = 0.5) -> Colour:
    """Pick a colour by ``number`` and make it lighter or darker by ``jitter``, both in [0, 1]."""
    colour = colours[min(int(number * len(colours)), len(colours) - 1)]
    return mix(colour, _WHITE if jitter > 0.5 else _BLACK, abs(jitter - 0.5) * 0.5)
