"""What stands in a cell in place of a value, in workbooks and in what is made of them."""

FORMULA = "#FORMULA!"  # our word, which stays one in failed.csv: a formula whose value was not kept
OTHER = "#VALUE!"  # for errors that we do not know
ERRORS = frozenset(
    {
        *("#N/A", "#REF!", OTHER, "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"),
        *("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA"),
        *("#PYTHON!", "#EXTERNAL!"),
    }
)
