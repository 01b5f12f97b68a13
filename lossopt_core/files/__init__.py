"""Reading files as people have them: from bytes to a sheet, and from its cells to columns.

limits      how large a file may be
choices     what somebody chose instead of a guess, and the questions that a file leaves open
content     what a file is, by its content
encodings   the encoding of text files
text        delimiter and rows of text files
notes       lines around a table that are no rows of it
records     rows of text: header, comments, units, names
json_rows   the shapes in which programs write JSON
sheet       what every reader gives
columns     what a column is, decided from all of its cells
numerals    how the numbers of a column are written
"""
