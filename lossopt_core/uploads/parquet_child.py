"""Decodes a Parquet file in a process of its own, which `lossopt_core.uploads.parquet` starts.

Arrow aborts the whole process on some corrupted files, so a server must not decode them itself.
Run by path, so that only Arrow is imported:

    python -I parquet_child.py describe < FILE        # JSON: row groups, columns and their types
    python -I parquet_child.py read COLUMNS < FILE    # the columns (a JSON list) as an Arrow stream
"""

import json
import os
import sys
import traceback

import pyarrow as pa
import pyarrow.parquet as parquet


def main() -> None:
    """Decode the file on standard input."""
    task, *arguments = sys.argv[1:]
    file = pa.BufferReader(sys.stdin.buffer.read())
    if task == "describe":
        print(json.dumps(describe(file)))
    else:
        texts, columns = json.loads(arguments[0])
        # Dictionary encoding stores repeated strings only once in memory.
        table = parquet.ParquetFile(file, read_dictionary=texts).read(columns=columns)
        table.validate(full=True)
        with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
            stream.write_table(table)


def describe(file: pa.NativeFile) -> dict[str, object]:
    """What the file says of itself; none of it is checked."""
    opened = parquet.ParquetFile(file)
    metadata = opened.metadata
    groups = [metadata.row_group(each) for each in range(metadata.num_row_groups)]
    return {
        # A forged file may declare inconsistent row counts: the larger one counts.
        "rows": max(metadata.num_rows, sum(each.num_rows for each in groups)),
        "unpacked": sum(each.total_byte_size for each in groups),
        "compressions": sorted(
            {each.column(k).compression for each in groups for k in range(each.num_columns)}
        ),
        "columns": [[each.name, kind(each.type)] for each in opened.schema_arrow],
    }


def kind(column: pa.DataType) -> str:
    """Whether a column has text, numbers or something else."""
    if pa.types.is_dictionary(column):
        column = column.value_type
    if pa.types.is_string(column) or pa.types.is_large_string(column):
        return "text"
    is_number = pa.types.is_integer(column) or pa.types.is_floating(column) or column == pa.bool_()
    return "number" if is_number else "other"


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
