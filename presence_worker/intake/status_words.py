"""What words for a leave mean: which SuperOffice status, or how far its approval came."""

import re
from difflib import SequenceMatcher

from ..message_text import normalize_message
from ..model import NOT_PRESENT, PRESENT, STATUSES
from ..settings import Input
from .spelling import bare, bare_words, plain, plain_names

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

# What happened to a leave or to its row, in the same languages.
UNDONE = bare_words("""
    deleted, delete, deletion, removed, removal, cancelled, canceled, cancel, cancellation, cancelation,
    voided, void, revoked, revocation, withdrawn, withdrawal, rejected, rejection, declined, denied,
    annulled, reversed, reversal, gelöscht, Lösch, Löschung, storniert, Storno, Stornierung, abgesagt,
    annulliert, zurückgezogen, abgelehnt, Ablehnung, Ablehnungs, widerrufen, raderad, raderat, borttagen,
    borttaget, annullerad, annullerat, annullering, avbokad, avbokat, makulerad, makulerat, makulering,
    avbruten, inställd, återkallad, återkallat, återtagen, avslagen, avslaget, avslag, slettet, kansellert,
    kansellering, avlyst, annullert, avbestilt, trukket, trukket tilbake, avslått, avvist, tilbakekalt,
    annulleret, aflyst, afbestilt, trukket tilbage, afvist, afslag, afslået, tilbagekaldt, verwijderd,
    verwijdering, geannuleerd, annulering, ingetrokken, intrekking, afgewezen, afwijzing, vervallen, gewist,
    herroepen, tombstone
""")
GRANTED = bare_words("""
    approved, accepted, granted, confirmed, authorised, authorized, auto approved, approved by manager,
    fully approved, genehmigt, bewilligt, freigegeben, bestätigt, godkänd, godkänt, beviljad, beviljat,
    attesterad, bekräftad, godkjent, innvilget, attestert, bekreftet, godkendt, bevilget, bekræftet,
    goedgekeurd, akkoord, toegekend, geaccordeerd, bevestigd
""")
NOT_GRANTED = bare_words("""
    cancelled, canceled, cancellation requested, cancellation pending, rejected, declined, denied, refused,
    withdrawn, revoked, voided, void, recalled, deleted, not approved, unapproved, disapproved, pending,
    pending approval, pending cancellation, awaiting approval, waiting for approval, approval pending, to be
    approved, requested, submitted, draft, in progress, in review, in approval, under review, sent back,
    returned for correction, expired, storniert, abgelehnt, zurückgezogen, widerrufen, annulliert, gelöscht,
    nicht genehmigt, beantragt, eingereicht, ausstehend, in Bearbeitung, in Genehmigung, in Prüfung,
    Entwurf, zur Genehmigung, wartet auf Genehmigung, avslagen, avslaget, avslag, avböjd, nekad, nekat,
    återkallad, återtagen, annullerad, avbokad, makulerad, avbruten, raderad, ansökt, inskickad, väntar,
    väntande, väntar på godkännande, utkast, ej godkänd, ej godkänt, inte godkänd, ej beviljad, under
    behandling, avslått, avvist, kansellert, annullert, trukket, trukket tilbake, avlyst, slettet, søkt,
    innsendt, venter, ventende, venter på godkjenning, til godkjenning, ikke godkjent, ikke innvilget,
    kladd, til behandling, afvist, afslået, annulleret, aflyst, trukket tilbage, tilbagekaldt, ansøgt,
    indsendt, afventer, afventer godkendelse, til godkendelse, ikke godkendt, kladde, afgewezen, afgekeurd,
    geweigerd, geannuleerd, ingetrokken, verwijderd, vervallen, niet goedgekeurd, niet akkoord, aangevraagd,
    ingediend, in behandeling, in aanvraag, wachtend, wacht op goedkeuring, ter goedkeuring, te beoordelen,
    concept
""")
CHANGES = bare_words("""
    insert, inserted, update, updated, upsert, delete, create, created, modify, modified, remove, removed,
    added, tombstone, hinzugefügt, geändert, angelegt, löschen, lagt till, ändrad, skapad, opprettet,
    endret, lagt til, oprettet, ændret, tilføjet, toegevoegd, gewijzigd, aangemaakt, nieuw
""")
ACTIONS = bare_words("""
    new, add, change, changed, amend, amended, edit, edited, correction, correct, revoke, reverse, reject,
    decline, approve, submit, request, neu, Neuanlage, Änderung, Korrektur, Rücknahme, stornieren, löschen,
    ny, nytt, ändring, rättelse, avboka, ta bort, endring, rettelse, slett, kanseller, ændring, slet, aflys,
    nieuw, wijziging, correctie, annuleren, verwijderen, intrekken
""")  # in a column called so; in another one, new may be anything
YES = bare_words("true, yes, y, 1, x, ja, j, WAHR, sant, sand, waar, SANN")
NO = bare_words("false, no, n, 0, nein, nej, nei, nee, FALSCH, falskt, falsk, onwaar, usann")
_AMBIGUOUS = bare_words("concept, expired, in progress, under behandling, i behandling, requested, søkt")
_PART = re.compile(r"[\W\d_]+")


SHORTEST = 4  # letters of a word that may be misspelled: "fri" (off duty) is not "ferie"
CLOSE = 0.75  # of two words that may be one misspelled; 1 is the same
CLEAR = 0.1  # closer than to any word with another meaning: "unavailable" is close to "available", too
KNOWN = {plain(name): name for name in STATUSES} | {
    word: status for status, words in WORDS.items() for word in plain_names(words)
}


def is_approval(word: str) -> bool:
    """Return whether a word says how far the approval of a leave came, not that a person is away."""
    return bare(word) in GRANTED or is_not_granted(word)


def is_not_granted(text: str) -> bool:
    """Return whether a text says that a leave is cancelled, rejected or not yet approved.

    It may say more beside that, set apart or as its first or last word: "Vacation (cancelled)".
    """
    if bare(text) in NOT_GRANTED:
        return True
    words = [*filter(None, _PART.split(normalize_message(text).casefold()))]
    pieces = {*map(bare, re.split(r"[^\w\s]+|\s[-_]\s", normalize_message(text))), *words[:1], *words[-1:]}
    return not pieces.isdisjoint(NOT_GRANTED - _AMBIGUOUS)


def is_granted(text: str) -> bool:
    """Return whether a text says, as all of it or at its beginning, that a leave is approved."""
    words = _PART.split(normalize_message(text).casefold(), maxsplit=1)
    return not {bare(text), words[0]}.isdisjoint(GRANTED) and not is_not_granted(text)


def closest(word: str, config: Input) -> str:
    """Return the allowed status of which *word* may be a misspelling, "" where that is not clear."""
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
