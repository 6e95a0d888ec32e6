"""What a spreadsheet shows in place of a value that it could not work out."""

FORMULA = "#FORMULA!"  # our word for a formula whose value was not kept; failed.csv has it as well
OTHER = "#VALUE!"  # stands for an error that we do not know
_LISTED = """
    #N/A, #REF!, #DIV/0!, #VALUE!, #NAME?, #NUM!, #NULL!, #GETTING_DATA, #SPILL!, #CALC!, #FIELD!, #BLOCKED!,
    #CONNECT!, #UNKNOWN!, #BUSY!, #EXTERNAL!, #PYTHON!, #ERROR!, #FORMULA!,
    #NV, #BEZUG!, #WERT!, #ZAHL!, #ÜBERLAUF!, #KALK!, #FELD!,
    #SAKNAS!, #REFERENS!, #VÄRDEFEL!, #NAMN?, #OGILTIGT!, #DIVISION/0!, #SKÄRNING!,
    #I/T, #VERDI!, #NAVN?, #TALL!, #VÆRDI!, #REFERENCE!, #NUL!, #OVERLØB!,
    #N/B, #VERW!, #WAARDE!, #NAAM?, #GETAL!, #LEEG!, #DEEL/0!, #OVERLOOP!
"""  # in English, and what German, Swedish, Norwegian and Danish, and Dutch programs show
ERRORS = frozenset(error.strip() for error in _LISTED.split(","))
_SHORTEST = 3  # number signs: a column too narrow for what it holds


def is_error(text: str) -> bool:
    """Whether a trimmed text is such a value, or the number signs of a column that is too narrow."""
    if text[:1] != "#":
        return False
    return text.upper() in ERRORS or (len(text) >= _SHORTEST and text.count("#") == len(text))
