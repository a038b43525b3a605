"""A2D2 as ``camera_lidar_semantic.tar`` unpacks.

``<recording>/<kind>/<camera folder>/<time>_<kind>_<camera>_<ID>`` with the kinds camera, label and
lidar: camera images and labels are RGB PNG files, beside each image lies a JSON file about it, and
``class_list.json`` names the colours. An ID has nine digits and is the number of the frame.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

CLASS_LIST = {
    "#ff0000": "Car 1", "#c80000": "Car 2", "#960000": "Car 3", "#800000": "Car 4",
    "#b65906": "Bicycle 1", "#963204": "Bicycle 2", "#5a1e01": "Bicycle 3", "#5a1e1e": "Bicycle 4",
    "#cc99ff": "Pedestrian 1", "#bd499b": "Pedestrian 2", "#ef59bf": "Pedestrian 3",
    "#ff8000": "Truck 1", "#c88000": "Truck 2", "#968000": "Truck 3",
    "#00ff00": "Small vehicles 1", "#00c800": "Small vehicles 2", "#009600": "Small vehicles 3",
    "#0080ff": "Traffic signal 1", "#1e1c9e": "Traffic signal 2", "#3c1c64": "Traffic signal 3",
    "#00ffff": "Traffic sign 1", "#1edcdc": "Traffic sign 2", "#3c9dc7": "Traffic sign 3",
    "#ffff00": "Utility vehicle 1", "#ffffc8": "Utility vehicle 2", "#e96400": "Sidebars",
    "#6e6e00": "Speed bumper", "#808000": "Curbstone", "#ffc125": "Solid line",
    "#400040": "Irrelevant signs", "#b97a57": "Road blocks", "#000064": "Tractor",
    "#8b636c": "Non-drivable street", "#d23273": "Zebra crossing", "#ff0080": "Obstacles / trash",
    "#fff68f": "Poles", "#960096": "RD restricted area", "#ccff99": "Animals",
    "#eea2ad": "Grid structure", "#212cb1": "Signal corpus", "#b432b4": "Drivable cobblestone",
    "#ff46b9": "Electronic traffic", "#eee9bf": "Slow drive area", "#93fdc2": "Nature object",
    "#9696c8": "Parking area", "#b496c8": "Sidewalk", "#48d1cc": "Ego car",
    "#c87dd2": "Painted driv. instr.", "#9f79ee": "Traffic guide obj.", "#8000ff": "Dashed line",
    "#ff00ff": "RD normal street", "#87ceff": "Sky", "#f1e6ff": "Buildings",
    "#60458f": "Blurred area", "#352e52": "Rain dirt",
}  # fmt: skip

RECORDINGS = (("20180807_145028", "frontcenter"), ("20181008_095521", "sideleft"))
VALIDATION = ("20180925_112730", "frontcenter")
FOLDERS = {"frontcenter": "cam_front_center", "sideleft": "cam_side_left"}


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write a pool from two recordings, each by one camera, and the recording of validation."""
    rng = np.random.default_rng(seed)
    base = root / "camera_lidar_semantic"
    base.mkdir(parents=True)
    listed = json.dumps(CLASS_LIST, indent=2)
    (base / "class_list.json").write_text(listed, encoding="ascii")
    for i in range(images):
        write_frame(base, *RECORDINGS[i * 2 // images], 91 + 10 * i, size, rng)
    for i in range(2):
        write_frame(base, *VALIDATION, 3000 + 10 * i, size, rng)
    return root


def write_frame(base, recording, camera, number, size, rng):
    """Write one frame: image, information and label."""
    time, folder = recording.replace("_", ""), FOLDERS[camera]
    at = {kind: base / recording / kind / folder for kind in ("camera", "label", "lidar")}
    for place in at.values():
        place.mkdir(parents=True, exist_ok=True)
    stem = f"{time}_camera_{camera}_{number:09d}"
    photo = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(photo).save(at["camera"] / f"{stem}.png")
    content = {"cam_tstamp": 1533906414123456 + number, "cam_name": folder.removeprefix("cam_")}
    (at["camera"] / f"{stem}.json").write_text(json.dumps(content), encoding="ascii")
    label = Image.fromarray(label_of(size, rng))
    label.save(at["label"] / f"{time}_label_{camera}_{number:09d}.png")
    np.savez(at["lidar"] / f"{time}_lidar_{camera}_{number:09d}.npz", points=np.zeros((1, 3)))


def label_of(size, rng):
    """Return (H, W, 3) colours: sky over street and pavement, and a stripe of every colour."""
    height, width = size
    colours = {name: tuple(bytes.fromhex(code[1:])) for code, name in CLASS_LIST.items()}
    label = np.empty((height, width, 3), np.uint8)
    label[: height // 2] = colours["Sky"]
    label[height // 2 :] = colours["RD normal street"]
    label[height // 2 :, : width // 4] = colours["Sidewalk"]
    every = np.array(list(colours.values()), np.uint8)
    places = rng.permutation(width * 2)[: len(every)]
    label[height // 4 + places // width, places % width] = every[: len(places)]
    return label
