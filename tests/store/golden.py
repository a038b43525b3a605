"""Makes the stored example that later versions must stay able to read; run once a version."""

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.store.sample import write_sample_store
from workbench.store.schema import SCHEMA_VERSION


def main():
    with TemporaryDirectory() as folder:
        path = write_sample_store(
            Path(folder) / "store",
            methods=["entropy"],
            seeds=[0],
            cycles=2,
            images=3,
            size=(12, 16),
            grid=(1, 2),
        )
        out = Path(__file__).with_name(f"version_{SCHEMA_VERSION}.zip")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file() and file.suffix not in {".lock", ".sqlite"}:
                    archive.write(file, file.relative_to(path))


if __name__ == "__main__":
    main()
