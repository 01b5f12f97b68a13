"""What a file is, by its content: its name may be anything.

Packed files are unpacked to at most as many bytes as an unpacked one may have.  Files that could
run something, or that no reader here knows, are refused with what to write instead.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from lossopt_core.fields import brief
from lossopt_core.files.limits import LARGEST, LARGEST_UNPACKED, check_bytes

CSV, JSON, PARQUET, NPZ, XLSX, ARFF, SVMLIGHT, EVENTS = (
    "CSV", "JSON", "Parquet", "NPZ", "Excel", "ARFF", "svmlight", "TensorBoard",
)  # fmt: skip

REFUSED = {
    b"\xd0\xcf\x11\xe0": ("an old Excel or Office file", "save it as .xlsx or as CSV"),
    b"\x89HDF\r\n": ("an HDF5 file", "write a CSV, Parquet or NPZ file"),
    b"\x93NUMPY": ("a single NumPy array", "save X and y together with numpy.savez"),
    b"SQLite format 3": ("an SQLite database", "export a table of it as CSV"),
    b"%PDF": ("a PDF document", "export the table as CSV"),
    b"ARROW1": ("an Arrow file", "write Parquet or CSV"),
    b"BZh": ("a bzip2 archive", "unpack it, or pack it with gzip"),
    b"\xfd7zXZ": ("an xz archive", "unpack it, or pack it with gzip"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it, or pack it with gzip"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"\x89PNG": ("a picture", "bring the numbers as CSV"),
    b"\xff\xd8\xff": ("a picture", "bring the numbers as CSV"),
    b"\x7fELF": ("a program", "bring the data as CSV"),
    b"RDX": ("an R workspace", "write the table with write.csv"),
    b"$FL2": ("an SPSS file", "export it as CSV"),
}
PICKLED = re.compile(
    rb"(\x80[\x02-\x05]|[\]})]q\x00|\([dl]p\d+\s|ccopy_reg\s|c\w+(\.\w+)*\n\w+\n).*\.\s*\Z",
    re.DOTALL,
)
WEB_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml|svg)", re.IGNORECASE)
SVM_ENDINGS = (".svmlight", ".libsvm", ".svm")
SVM_LINE = re.compile(r"[-+]?[\d.]+(,[\d.]+)*(\s+qid:\d+)?(\s+\d+:[-+.\deE]+)+\s*(#.*)?")


@dataclass(frozen=True)
class Content:
    """Bytes to read, the format that they are in, the name without that of a packed file."""

    data: bytes
    format: str
    name: str
    said: tuple[str, ...] = ()


def content_of(data: bytes, name: str) -> Content:
    """What is in a file, unpacked; ValueError says what it is and what would be read instead."""
    check_bytes(data, size=len(data))
    if not data:
        raise ValueError("the file is empty")
    if data.startswith(b"\x1f\x8b"):
        inner = PurePath(name).with_suffix("").name if name.lower().endswith(".gz") else name
        return _inner(_gunzipped(data), inner, "Unpacked with gzip.")
    if data.startswith(b"PK"):
        return _zipped(data, name)
    if data.startswith(b"PAR1"):
        return Content(data, PARQUET, name)
    _refuse(data)
    if _is_events(data):
        return Content(data, EVENTS, name)
    ending = PurePath(name).suffix.lower()
    if ending in BINARY and not data.startswith(b"PK"):
        raise ValueError(f"the file is not {BINARY[ending]}: it may be damaged, export it again")
    return Content(data, _text_format(data[:20_000].decode("latin-1"), ending), name)


BINARY = {".parquet": PARQUET, ".npz": NPZ, ".xlsx": "an Excel workbook"}


def _refuse(data: bytes) -> None:
    for start, (what, repair) in REFUSED.items():
        if data.startswith(start):
            raise ValueError(f"the file is {what}: {repair}")
    if PICKLED.match(data):
        raise ValueError("the file is a pickle, which is never opened: write CSV, NPZ or Parquet")
    if WEB_PAGE.match(data):
        raise ValueError("the file is a web page: download the data themselves")


def _inner(data: bytes, name: str, said: str) -> Content:
    found = content_of(data, name)
    return Content(found.data, found.format, found.name, (said, *found.said))


def _gunzipped(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"the gzip file is damaged: {brief(str(error))}") from None
    check_bytes(found, "unpack to")
    if not unpacker.eof:
        raise ValueError("the gzip file is cut off: pack it again")
    if found.startswith((b"\x1f\x8b", b"PK")):
        raise ValueError("the gzip file holds another packed file: unpack it first")
    return found


def _zipped(data: bytes, name: str) -> Content:
    """A workbook, arrays, or the only file in a zip archive."""
    ending = PurePath(name).suffix.lower()
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            members = [each for each in packed.infolist() if not each.is_dir()]
            names = [each.filename for each in members]
            if "xl/workbook.xml" in names:
                _check_unpacked(members)
                return Content(data, XLSX, name)
            if names and all(each.endswith(".npy") for each in names):
                return Content(data, NPZ, name)
            if "content.xml" in names:
                raise ValueError("the file is an OpenDocument sheet: save it as .xlsx or as CSV")
            plain = [each for each in members if not each.filename.startswith(("__MACOSX", "."))]
            if len(plain) != 1:
                raise ValueError(
                    f"the zip archive has {len(plain):,} files: unpack it, and bring one of them"
                )
            inner = PurePath(plain[0].filename).name
            with packed.open(plain[0]) as member:
                unpacked = member.read(LARGEST + 1)
            check_bytes(unpacked, "unpack to", plain[0].file_size)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error, EOFError):
        if ending == ".npz":
            raise ValueError("the file is not NPZ: it is damaged, save it again") from None
        raise ValueError(
            "the file is an Excel workbook or another zip archive, and it is damaged: save the"
            " sheet as CSV"
        ) from None
    if unpacked.startswith((b"\x1f\x8b", b"PK")):
        raise ValueError("the zip archive holds another packed file: unpack it first")
    return _inner(unpacked, inner, f"Unpacked {brief(inner)} from a zip archive.")


def _check_unpacked(members: list[zipfile.ZipInfo]) -> None:
    size = sum(each.file_size for each in members)
    if size > LARGEST_UNPACKED:
        raise ValueError(
            f"the file must unpack to at most {LARGEST_UNPACKED:,} bytes, got {size:,}: save the"
            " sheet as CSV, or leave out rows"
        )


def _is_events(data: bytes) -> bool:
    """Whether the first record of a TFRecord file is TensorBoard's version."""
    length = int.from_bytes(data[:8], "little")
    return 0 < length < 200 and b"brain.Event:" in data[: 16 + length]


def _text_format(start: str, ending: str) -> str:
    stripped = start.lstrip("\ufeff\xef\xbb\xbf \t\r\n")
    rounds = re.match(
        r"\[\d+(:\d+)*\]\s+[A-Za-z\[]|\[\d+[^\d.,\]\seE]", stripped
    )  # printed by a program
    if ending in (".json", ".jsonl", ".ndjson") or (
        not rounds and re.match(r'(\{|\[)\s*["\[{\d\]}-]', stripped)
    ):
        return JSON
    lines = [line for line in stripped.splitlines() if line.strip()]
    words = [line for line in lines if not line.startswith("%")]
    if words and words[0].lower().startswith("@relation"):
        return ARFF
    lines = [line for line in lines if not line.startswith("#")][:20]
    alike = sum(bool(SVM_LINE.fullmatch(line.strip())) for line in lines[:-1] or lines)
    # A few lines of them may be wrong, and are then refused by their numbers.
    if lines and (ending in SVM_ENDINGS or 4 * alike >= 3 * len(lines[:-1] or lines)):
        return SVMLIGHT
    return CSV
