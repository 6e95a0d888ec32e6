"""Which SuperOffice status a word in the file means."""

from collections.abc import Callable
from difflib import SequenceMatcher

from ..model import NOT_PRESENT, PRESENT, STATUSES, Reason
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN, Input
from .error_values import is_error
from .spelling import bare, plain, plain_names, unspaced
from .states import GRANTED, is_not_granted

# In English, German, Swedish, Norwegian, Danish and Dutch. No word for free, such as ledig: it is off duty
# in one language, and available in another.
WORDS = {
    PRESENT: """
        Normal, Present, Available, At work, Working, In the office,
        Anwesend, Verfügbar, Im Dienst, Im Büro, Bei der Arbeit,
        Närvarande, Tillgänglig, Anträffbar, På plats, På jobbet, På kontoret, I tjänst,
        Til stede, Tilgjengelig, På jobb, På plass, Tilgængelig, På arbejde, På job,
        Aanwezig, Beschikbaar, Op het werk, Aan het werk, Op kantoor
    """,
    NOT_PRESENT: """
        Not available, Unavailable, Not present, Absent, Away, Out of office, Not at work, Not in the office,
        Holiday, On holiday, Vacation, On vacation, On leave, Annual leave,
        Sick, Ill, Illness, Sickness, Off sick, On sick leave, Sick leave, Sick day, Sickness absence, Sick
        child,
        Parental leave, Maternity leave, Paternity leave, Maternity, Paternity, Adoption leave, Leave of
        absence,
        Compassionate leave, Bereavement leave, Unpaid leave, Study leave, Sabbatical,
        Abwesend, Nicht anwesend, Nicht verfügbar, Nicht im Büro, Nicht im Dienst, Außer Haus,
        Urlaub, Im Urlaub, In Urlaub, Ferien, In den Ferien, Jahresurlaub, Erholungsurlaub, Sonderurlaub,
        Unbezahlter Urlaub, Bildungsurlaub, Krank, Erkrankt, Krankheit, Krankgemeldet, Krank gemeldet,
        Krankmeldung,
        Krankgeschrieben, Krank geschrieben, Arbeitsunfähig, Kind krank, Elternzeit, In Elternzeit,
        Mutterschutz,
        Im Mutterschutz,
        Frånvarande, Ej närvarande, Inte närvarande, Ej tillgänglig, Inte tillgänglig, Otillgänglig,
        Ej anträffbar, Ej på plats, Inte på plats, Ej i tjänst, Borta, Semester, På semester,
        Sjuk, Sjukdom, Sjukfrånvaro, Sjukskriven, Sjukskrivning, Sjukanmäld, Sjukledig, Vård av barn, VAB,
        Vabb,
        Föräldraledig, Föräldraledighet, Mammaledig, Pappaledig, Tjänstledig, Tjänstledighet, Studieledig,
        Fraværende, Ikke til stede, Ikke tilgjengelig, Utilgjengelig, Ikke på jobb, Ikke på plass, Borte,
        Ferie, På ferie, Permisjon, I permisjon, Syk, Sykdom, Sykefravær, Sykmeldt, Sykemeldt, Sykmelding,
        Egenmelding, Egenmeldt, Sykt barn, Foreldrepermisjon, I foreldrepermisjon, Fødselspermisjon,
        Pappapermisjon, Mammapermisjon, Velferdspermisjon, Studiepermisjon,
        Ikke tilgængelig, Utilgængelig, Ikke på arbejde, Orlov, På orlov, Syg, Sygdom, Sygefravær, Sygemeldt,
        Sygemelding, Barns sygedag, Barn syg, Barns første sygedag, Barsel, På barsel, Barselsorlov,
        Forældreorlov, Graviditetsorlov, Feriefridag,
        Afwezig, Niet aanwezig, Niet beschikbaar, Niet op het werk, Niet op kantoor,
        Vakantie, Op vakantie, Met vakantie, Verlof, Met verlof, Op verlof, Ziek, Ziekte, Ziek gemeld,
        Ziekgemeld, Ziekmelding, Ziekteverlof, Ziekteverzuim, Arbeidsongeschikt, Ouderschapsverlof,
        Zwangerschapsverlof, Bevallingsverlof, Geboorteverlof, Zorgverlof, Bijzonder verlof, Onbetaald verlof
    """,
}
APPROVAL = "how far the approval of a leave came, which is not a presence status"
SHORTEST = 4  # letters of a word that may be misspelled: "fri" (off duty) is not "ferie"
CLOSE = 0.75  # of two words that may be one misspelled; 1 is the same
CLEAR = 0.1  # closer than to any word with another meaning: "unavailable" is close to "available", too


KNOWN = {plain(name): name for name in STATUSES} | {
    word: status for status, words in WORDS.items() for word in plain_names(words)
}


def status_reader(config: Input) -> Callable[[str], str | None]:
    """Make the function from a trimmed word to a status, IGNORE or WITHDRAWN; None: it is not understood.

    `input.statuses` wins over everything. A number is never guessed, for nobody knows whose it is.
    """
    mapped = {unspaced(word): meaning for word, meaning in config.statuses.items()}
    any_other = mapped.get(ANY_OTHER)
    empty = frozenset(config.empty)

    def read(word: str) -> str | None:
        if found := mapped.get(unspaced(word)):
            return found
        if word in empty:
            return mapped.get("")
        return KNOWN.get(plain(word)) or (any_other if _may_be_any(word, any_other) else None)

    return read


def fault_of(word: str, status: str | None, config: Input) -> tuple[Reason, str]:
    """Give what is wrong with a *word* whose *status* is not understood (None) or not allowed."""
    allowed = config.allowed_statuses
    if status is not None:
        return Reason.STATUS_NOT_ALLOWED, f"{status} is not allowed here; allowed: {', '.join(allowed)}"
    expected = f"expected {' or '.join(allowed)}, or a value of input.statuses"
    if not word or word in config.empty:
        return Reason.UNKNOWN_STATUS, f'no status; {expected}, where "" is an empty cell'
    if is_approval(word):
        return Reason.UNKNOWN_STATUS, f"{APPROVAL}; {expected}"
    return Reason.UNKNOWN_STATUS, f"a status that is not understood; {expected}"


def _may_be_any(word: str, meaning: str | None) -> bool:
    """Whether "*" of input.statuses covers a word: a value, and none that says that a leave does not hold.

    What is cancelled, rejected or not yet approved sets no person away unless it is mapped itself.
    """
    sets_away = meaning not in (None, IGNORE, WITHDRAWN, PRESENT)
    return bool(unspaced(word)) and not is_error(word) and not (sets_away and is_not_granted(word))


def is_approval(word: str) -> bool:
    """Whether a word says how far the approval of a leave came, not that anybody is away."""
    return bare(word) in GRANTED or is_not_granted(word)


def closest(word: str, config: Input) -> str:
    """Give the allowed status of which *word* may be a misspelling, "" where that is not clear."""
    if len(plain(word)) < SHORTEST:
        return ""
    matcher, likeness = SequenceMatcher(b=plain(word)), dict[str, float]()
    for known, status in KNOWN.items():
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() >= CLOSE - CLEAR and matcher.quick_ratio() >= CLOSE - CLEAR:
            likeness[status] = max(likeness.get(status, 0), matcher.ratio())
    best, *others = [*sorted(likeness, key=likeness.__getitem__, reverse=True), ""]
    is_clear = bool(best) and all(likeness[best] - likeness.get(other, 0) >= CLEAR for other in others)
    return best if is_clear and likeness[best] >= CLOSE and best in config.allowed_statuses else ""
