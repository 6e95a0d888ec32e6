"""A file becomes numbered records, records become rows.

`source` opens and unpacks what came, `formats` has the table of readers and knows which one a file is for.
Each reader (`csv`, `json`, `xlsx`) yields a `Table`, under one contract; a further format is a further folder
and its line in that table. `header` says what the columns are, `row_reader` judges each record, `file_checks`
what only all of them show; `job` has them all in their order.
"""
