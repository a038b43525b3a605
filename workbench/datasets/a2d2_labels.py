"""The 55 colours of A2D2's labels, and the classes that its 38 categories become.

Colours and names are those of the released ``class_list.json``. Several colours of one category are
several objects side by side (``Car 1`` … ``Car 4``), so the numbers are no part of the category.

Mittal et al. train on the 19 classes of Cityscapes and do not say which category becomes which.
``cityscapes`` here follows the table ``SEG_COLOR_DICT_CITYSCAPES`` that R. Karlsson proposed for
MMSegmentation (open-mmlab/mmsegmentation, pull request 305, ``tools/convert_datasets/a2d2.py``).
``released`` follows the table in the code that Mittal et al. released
(sud0301/best_practices_ALSS, ``data/dataloaders/a2d2.py``), whose 19 classes are others.
docs/decisions/a2d2-classes.md compares the two.
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.datasets.cityscapes_labels import CLASSES, PALETTE

VOID = "void"


class Category(NamedTuple):
    """A category of A2D2.

    Attributes:
        name: its name in ``class_list.json``, without the number of the object.
        colours: the colours of its pixels, RGB in hexadecimal digits, one an object.
        cityscapes: the class of Cityscapes that it becomes, or ``VOID``.
        released: the class in the code that Mittal et al. released.
    """

    name: str
    colours: tuple[str, ...]
    cityscapes: str
    released: str


CATEGORIES = (
    Category("Car", ("ff0000", "c80000", "960000", "800000"), "car", "car"),
    Category("Bicycle", ("b65906", "963204", "5a1e01", "5a1e1e"), "bicycle", "bicycle"),
    Category("Pedestrian", ("cc99ff", "bd499b", "ef59bf"), "person", "pedestrian"),
    Category("Truck", ("ff8000", "c88000", "968000"), "truck", "truck"),
    Category("Small vehicles", ("00ff00", "00c800", "009600"), "motorcycle", "small vehicle"),
    Category("Traffic signal", ("0080ff", "1e1c9e", "3c1c64"), "traffic light", "traffic signal"),
    Category("Traffic sign", ("00ffff", "1edcdc", "3c9dc7"), "traffic sign", "traffic sign"),
    Category("Utility vehicle", ("ffff00", "ffffc8"), "car", "utility vehicle"),
    Category("Sidebars", ("e96400",), "fence", "pole"),
    Category("Speed bumper", ("6e6e00",), "road", "road"),
    Category("Curbstone", ("808000",), "sidewalk", "curbstone"),
    Category("Solid line", ("ffc125",), "road", "line"),
    Category("Irrelevant signs", ("400040",), VOID, "other"),
    Category("Road blocks", ("b97a57",), "fence", "barrier"),
    Category("Tractor", ("000064",), "truck", "other"),
    Category("Non-drivable street", ("8b636c",), "road", "sidewalk"),
    Category("Zebra crossing", ("d23273",), "road", "road"),
    Category("Obstacles / trash", ("ff0080",), VOID, "other"),
    Category("Poles", ("fff68f",), "pole", "pole"),
    Category("RD restricted area", ("960096",), "road", "road"),
    Category("Animals", ("ccff99",), VOID, "other"),
    Category("Grid structure", ("eea2ad",), "road", "barrier"),
    Category("Signal corpus", ("212cb1",), "traffic light", "pole"),
    Category("Drivable cobblestone", ("b432b4",), "road", "road"),
    Category("Electronic traffic", ("ff46b9",), VOID, "other"),
    Category("Slow drive area", ("eee9bf",), "road", "road"),
    Category("Nature object", ("93fdc2",), "vegetation", "nature"),
    Category("Parking area", ("9696c8",), "road", "other"),
    Category("Sidewalk", ("b496c8",), "sidewalk", "sidewalk"),
    Category("Ego car", ("48d1cc",), VOID, "other"),
    Category("Painted driv. instr.", ("c87dd2",), "road", "line"),
    Category("Traffic guide obj.", ("9f79ee",), "road", "traffic guide"),
    Category("Dashed line", ("8000ff",), "road", "line"),
    Category("RD normal street", ("ff00ff",), "road", "road"),
    Category("Sky", ("87ceff",), "sky", "sky"),
    Category("Buildings", ("f1e6ff",), "building", "building"),
    Category("Blurred area", ("60458f",), VOID, "other"),
    Category("Rain dirt", ("352e52",), VOID, "other"),
)

_RELEASED = (
    ("road", "RD normal street"),
    ("car", "Car"),
    ("bicycle", "Bicycle"),
    ("pedestrian", "Pedestrian"),
    ("truck", "Truck"),
    ("traffic signal", "Traffic signal"),
    ("traffic sign", "Traffic sign"),
    ("sidewalk", "Sidewalk"),
    ("nature", "Nature object"),
    ("sky", "Sky"),
    ("building", "Buildings"),
    ("small vehicle", "Small vehicles"),
    ("barrier", "Road blocks"),
    ("utility vehicle", "Utility vehicle"),
    ("pole", "Poles"),
    ("line", "Dashed line"),
    ("traffic guide", "Traffic guide obj."),
    ("curbstone", "Curbstone"),
    ("other", "Blurred area"),
)
"""The classes of the released code by training id, and the category that each is drawn like."""


def rgb(digits: str) -> tuple[int, int, int]:
    """Return the colour of six hexadecimal digits."""
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


_FIRST = {category.name: rgb(category.colours[0]) for category in CATEGORIES}

TABLES = {
    "cityscapes": (CLASSES, PALETTE),
    "released": (
        tuple(name for name, _ in _RELEASED),
        tuple(_FIRST[category] for _, category in _RELEASED),
    ),
}
"""Classes and their colours by the value of the setting ``classes``."""


def train_ids(table: str, void: int) -> dict[tuple[int, int, int], int]:
    """Return colour ► training id.

    Args:
        table: ``cityscapes`` or ``released``.
        void: the id of void.
    """
    names = {VOID: void, **{name: i for i, name in enumerate(TABLES[table][0])}}
    return {
        rgb(digits): names[getattr(category, table)]
        for category in CATEGORIES
        for digits in category.colours
    }
