#!/usr/bin/env python3
"""Reads exports of a recording with other programs' readers, and holds them against each other.

    exports.py SCHEMA RUN.json [RUN.TABLE.csv RUN.TABLE.parquet …]

JSON is validated against the schema. Every CSV (read by Python) and Parquet file (read by pyarrow) must have the rows
that the JSON document before it has, to the cell.
"""

import csv
import json
import sys


def check_json(path, validator):
    document = json.load(open(path))
    errors = list(validator.iter_errors(document))
    assert not errors, f'{path}: {errors[0].message}'
    return document


def rows_of_json(document, table, columns):
    rows = document[table] if table != 'run' else [document[table]]
    assert all(set(row) <= set(columns) for row in rows)
    return [[row.get(column) for column in columns] for row in rows]


def rows_of_csv(path, kinds):
    # Python takes an empty text for an absent value, so that quotes are kept to tell them apart.
    columns, *rows = csv.reader(open(path, newline='', encoding='utf-8'))
    typed = [[None if cell == '' else int(cell) if kinds[column] == 'integer' else cell
              for column, cell in zip(columns, row)] for row in rows]
    return columns, typed


def main(schema_path, *paths):
    import jsonschema
    schema = json.load(open(schema_path))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = None
    for path in paths:
        if path.endswith('.json'):
            document = check_json(path, validator)
            continue
        _, table, extension = path.rsplit('/', 1)[-1].split('.')
        definition = schema['properties'][table]
        kinds = {name: it['type'] for name, it in definition.get('items', definition)['properties'].items()}
        if extension == 'csv':
            columns, rows = rows_of_csv(path, kinds)
            expected = [[None if cell == '' else cell for cell in row] for row in rows_of_json(document, table, columns)]
        else:
            import pyarrow.parquet
            data = pyarrow.parquet.read_table(path)
            columns = data.column_names
            rows = [list(row.values()) for row in data.to_pylist()]
            expected = rows_of_json(document, table, columns)
        assert sorted(columns) == sorted(kinds), f'{path}: {columns}'
        assert rows == expected, f'{path}: differs from the JSON document'


if __name__ == '__main__':
    main(*sys.argv[1:])
