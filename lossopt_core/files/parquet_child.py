"""Decodes a Parquet file in a process of its own, which `lossopt_core.files.parquet` starts.

Arrow aborts the whole process on some corrupted files, and some compressions hide how large a file
becomes: this process has bounded memory.  Run by path, so that only Arrow is imported:

    python -I parquet_child.py describe < FILE        # JSON: row groups, columns and their types
    python -I parquet_child.py read COLUMNS < FILE    # the columns (a JSON list) as an Arrow stream
"""

import json
import os
import sys
import traceback
from typing import Any

MOST_MEMORY = 600_000_000
"""Bytes that decoding may take beyond Arrow's own code."""


def main() -> None:
    """Decode the file on standard input."""
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # others reserve far more than they use
    import pyarrow as pa
    import pyarrow.parquet as parquet

    bound_memory()
    task, *arguments = sys.argv[1:]
    data = sys.stdin.buffer.read()
    file = pa.BufferReader(data)
    if task == "describe":
        print(json.dumps(describe(parquet.ParquetFile(file), pa)))
        return
    texts, columns = json.loads(arguments[0])
    # Dictionary encoding stores repeated strings only once in memory.
    table = parquet.ParquetFile(file, read_dictionary=texts).read(
        columns=columns, use_threads=False
    )
    table = pa.table([simple(pa, column) for column in table.columns], names=table.column_names)
    table.validate(full=True)
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)


def bound_memory() -> None:
    """Let allocations fail, where the system can do so, before the machine runs out of memory."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def simple(pa: Any, column: Any) -> Any:
    """The column as strings or numbers."""
    kind = column.type
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_temporal(kind) or kind == pa.string_view():
        return column.cast(pa.string())
    if pa.types.is_boolean(kind):
        return pa.chunked_array([words(pa, chunk) for chunk in column.chunks] or [[]], pa.string())
    return column


def words(pa: Any, chunk: Any) -> Any:
    """True and False as Python writes them."""
    names = {True: "True", False: "False", None: None}
    return pa.array([names[each] for each in chunk.to_pylist()], pa.string())


def describe(opened: Any, pa: Any) -> dict[str, Any]:
    """What the file says of itself; none of it is checked."""
    metadata = opened.metadata
    groups = [metadata.row_group(each) for each in range(metadata.num_row_groups)]
    about = json.loads((opened.schema_arrow.metadata or {}).get(b"pandas", b"{}"))
    return {
        # A forged file may declare inconsistent row counts: the larger one counts.
        "rows": max(metadata.num_rows, sum(each.num_rows for each in groups)),
        "unpacked": sum(each.total_byte_size for each in groups),
        "columns": [[each.name, kind(pa, each.type), str(each.type)] for each in
                    opened.schema_arrow],
        "index": [each for each in about.get("index_columns", []) if isinstance(each, str)],
    }  # fmt: skip


def kind(pa: Any, column: Any) -> str:
    """Whether a column has text, numbers or something else."""
    types = pa.types
    if types.is_dictionary(column):
        column = column.value_type
    if types.is_string(column) or types.is_large_string(column):
        return "text"
    if types.is_integer(column) or types.is_floating(column) or types.is_decimal(column):
        return "number"
    if types.is_duration(column) or types.is_interval(column):
        return "other"
    if types.is_temporal(column) or types.is_boolean(column) or column == pa.string_view():
        return "plain text"
    return "other"


if __name__ == "__main__":
    # In an orderly exit Arrow's threads may abort the process, whatever was read before.
    try:
        main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
