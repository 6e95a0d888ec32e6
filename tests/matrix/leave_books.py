"""Workbooks as people in HR leave them: rows hidden, cells merged, formulas, a sheet for each month."""

from datetime import date

from .books import hidden, hidden_rows, of, several, spanning, workbook

LEAVE = ("E-post", "Status", "Fra", "Til")
AWAY = ("Ferie", date(2026, 11, 27), date(2026, 12, 2))
LATER = ("Ferie", date(2026, 12, 10), date(2026, 12, 20))
HIDDEN = (LEAVE, ("user12@example.com", *AWAY), ("user13@example.com", *AWAY), ("user14@example.com", *LATER))
SPANNING = (
    LEAVE,
    ("user12@example.com", "Ferie", date(2026, 11, 27), date(2026, 12, 2)),
    (None, None, date(2026, 12, 10), date(2026, 12, 20)),
    ("user13@example.com", "Ferie", date(2026, 11, 27), date(2026, 12, 2)),
)
ERRORS = (
    (*LEAVE, "Dager"),
    ("user12@example.com", *AWAY[:2], ("=NA()", "#N/A"), 4),
    (("=VLOOKUP(1,Z:Z,1)", "#REF!"), *AWAY, 4),
    ("user14@example.com", *AWAY, ("=1/0", "#DIV/0!")),
    ("user15@example.com", ("=NA()", "#N/A"), *AWAY[1:], 4),
)
UNUSED_FORMULA = (
    (*LEAVE, "Dager"),
    ("user12@example.com", *AWAY, ("=D2-C2", "")),
    ("user13@example.com", *AWAY[:2], ("=C3+5", ""), 5),
)
SERIALS = (
    LEAVE,
    ("user12@example.com", "Ferie", 46353, 46358),
    ("user13@example.com", "Ferie", 46340, 46350),
)

FRAVAER = (  # in config/examples: the dates are far apart, so that it is the same in every year
    ("E-post", "Navn", "Fraværstype", "Fra", "Til", "Godkjent"),
    ("user12@example.com", "Anne Berg", "Permisjon", date(2020, 6, 1), date(2098, 5, 31), "Ja"),
    ("user23@example.com", "Ola Dahl", "Sykmeldt", date(2020, 6, 1), None, "Ja"),
    ("user34@example.com", "Kari Lie", "Ferie", date(2098, 7, 7), date(2098, 7, 25), "Ja"),
    ("user45@example.com", "Per Moe", "Ferie", date(2098, 7, 7), date(2098, 7, 25), "Nei"),
    ("user56(at)example.com", "Siri Vik", "Kurs", date(2020, 6, 1), date(2098, 5, 31), "Ja"),
)


def example_books() -> dict[str, bytes]:
    """Give the workbook with which users try the program, by its path."""
    return {"fravaer.xlsx": workbook(of(*FRAVAER, name="Fravær"))}


def leave_books() -> dict[str, bytes]:
    """Give the workbooks that are as people in HR leave them, by their paths."""
    return {
        "hidden-by-hand.xlsx": workbook(hidden_rows(HIDDEN, 2)),
        "hidden-empty.xlsx": workbook(hidden_rows((*HIDDEN, (), ()), 4, 5)),
        "merged-person.xlsx": workbook(spanning(SPANNING, (0, 1, 2), (1, 1, 2))),
        "months-norwegian.xlsx": workbook(
            several(
                of(LEAVE, ("user12@example.com", *AWAY), name="November 2026"),
                of(LEAVE, ("user13@example.com", *LATER), name="Desember 2026"),
                of(LEAVE, name="Januar 2027"),
                of(("Kode", "Betydning"), ("F", "Ferie"), name="Koder"),
            )
        ),
        "months-hidden.xlsx": workbook(
            several(
                of(LEAVE, ("user12@example.com", *AWAY), name="Desember 2026"),
                hidden(of(LEAVE, ("user13@example.com", *AWAY), name="Desember 2025")),
            )
        ),
        "errors.xlsx": workbook(of(*ERRORS)),
        "formula-unused.xlsx": workbook(of(*UNUSED_FORMULA)),
        "serials.xlsx": workbook(of(*SERIALS)),
    }
