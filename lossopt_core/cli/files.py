"""`read` and `import`: what is made of a file, and bringing files into the store."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lossopt_core.cli.console import BAD_VALUE, one_line, say
from lossopt_core.exchange import archive
from lossopt_core.exchange.bringing import (
    Read,
    describe_file,
    examples_from,
    kind_of,
    read_curves,
    repair_of,
    together,
)
from lossopt_core.files.description import CURVES, DATA, Description
from lossopt_core.files.limits import LARGEST, MAX_FILES, check_bytes
from lossopt_core.store.repository import RunStore
from lossopt_core.texts import counted
from lossopt_core.uploads.store import LONGEST_NAME, UploadStore

KINDS = (DATA, CURVES)


def read_command(chosen: argparse.Namespace) -> int:
    """Print what is made of a file, without keeping anything."""
    _check_kind(chosen.kind)
    try:
        data = _bytes_of(Path(chosen.file))
        found = describe_file(data, Path(chosen.file).name, chosen.kind)
    except (ValueError, OSError) as error:
        refused = one_line(error)
        if chosen.json:
            print(json.dumps({"refused": refused, "repair": repair_of(refused)}))
        else:
            say(f"lossopt: {refused}")
        return BAD_VALUE
    if chosen.json:
        print(json.dumps(found.as_json(), ensure_ascii=False, allow_nan=False))
    else:
        _print(found)
    return 0


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise ValueError(f"--as must be one of {', '.join(KINDS)}, got {kind!r}")


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name one file")
    if path.suffix.lower() == ".zip":  # an archive of runs may be larger
        return path.read_bytes()
    with path.open("rb") as file:
        start = file.read(LARGEST + 1)
    check_bytes(start, size=path.stat().st_size)
    return start


def _print(found: Description) -> None:
    shown = found.as_json()
    dialect = ", ".join(
        f"{name} {value!r}" for name, value in shown["dialect"].items()
        if value is not None and value != []
    )  # fmt: skip
    print(f"{found.kind}: {counted(found.rows, 'row')}; {dialect}")
    widths = [max((len(str(getattr(c, name))) for c in found.columns), default=0)
              for name in ("name", "type", "fate")]  # fmt: skip
    for each in shown["columns"]:
        cells = [f"{each[name]:<{min(width, 40)}}" for name, width in
                 zip(("name", "type", "fate"), widths, strict=True)]  # fmt: skip
        sample = ", ".join(map(str, each["sample"]))
        print("  " + "  ".join(cells) + f"  {sample}  ({each['reason']})")
    for name, count in shown["classes"].items():
        print(f"  class {name}: {counted(count, 'example')}")
    for run in shown["runs"]:
        first, last = run["steps"]
        diverged = ", diverged" if run["diverged"] else ""
        print(f"  run {run['name']}: {counted(run['points'], 'point')}, steps {first} to {last}"
              f"{diverged}")  # fmt: skip
    for sentence in shown["said"]:
        print(f"- {sentence}")
    for question in shown["questions"]:
        print(f"? {question}")


def import_command(chosen: argparse.Namespace) -> int:
    """Bring curves, runs or data from files and folders into the store, all or nothing."""
    _check_kind(chosen.kind)
    store = RunStore(chosen.store)
    curves: list[Read] = []
    data: list[tuple[str, bytes]] = []
    archives: list[bytes] = []
    for path in _files(chosen.files):
        try:
            _sort(path, chosen.kind, curves, data, archives)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
    runs = [run for each in archives for run in archive.from_archive(each)]
    examples = [(name, examples_from(content, name)) for name, content in data]
    brought = together(curves, chosen.name if curves else "")
    if runs:
        store.save(runs)
        say(f"{counted(len(runs), 'run')} imported.")
    if brought:
        store.save_foreign(brought)
        say(f"{counted(len(brought), 'curve')} imported: {_listed([b.name for b in brought])}.")
    for filename, each in examples:
        name = chosen.name or Path(filename).stem
        kept = UploadStore(store).save(name[:LONGEST_NAME], each)
        say(f"Data set {kept.name!r} imported: {counted(kept.size.examples, 'example')},"
            f" fingerprint {kept.fingerprint}.")  # fmt: skip
    return 0


def _sort(
    path: Path,
    kind: str | None,
    curves: list[Read],
    data: list[tuple[str, bytes]],
    archives: list[bytes],
) -> None:
    content = _bytes_of(path)
    if path.name.lower().endswith(archive.ENDING):
        archives.append(content)
    elif (kind or kind_of(content, path.name)) == CURVES:
        read = read_curves(content, path.name)
        if not any(read.meaning.metrics.values()):
            raise ValueError(
                "no column is known to be a loss or an accuracy: import it on the Compare page,"
                " which asks what the columns mean"
            )
        curves.append(read)
    else:
        data.append((path.name, content))


def _files(names: Sequence[str]) -> Iterator[Path]:
    """The files, and those in folders, in the order of their names."""
    count = 0
    for name in names:
        path = Path(name)
        found = [path]
        if path.is_dir():
            found = sorted(
                Path(folder) / file
                for folder, _, files in os.walk(path)
                for file in files
                if not file.startswith(".")
            )
        count += len(found)
        if count > MAX_FILES:
            first = found[len(found) - (count - MAX_FILES)]
            raise ValueError(
                f"at most {MAX_FILES} files can be imported at once, got {count:,}: leave out"
                f" those from {first.name} on"
            )
        yield from found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
