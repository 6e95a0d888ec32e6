"""Words of cells for what became of a leave or of its row, as HR's programs write them.

In English, German, Swedish, Norwegian, Danish and Dutch.
"""

import re

from ..message import written
from .spelling import bare, bare_words

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


def is_not_granted(text: str) -> bool:
    """Whether a text says that a leave is cancelled, rejected or not yet approved.

    It may say more beside that, set apart or as its first or last word: "Vacation (cancelled)".
    """
    if bare(text) in NOT_GRANTED:
        return True
    words = [*filter(None, _PART.split(written(text).casefold()))]
    pieces = {*map(bare, re.split(r"[^\w\s]+|\s[-_]\s", written(text))), *words[:1], *words[-1:]}
    return not pieces.isdisjoint(NOT_GRANTED - _AMBIGUOUS)


def is_granted(text: str) -> bool:
    """Whether a text says, as all of it or at its beginning, that a leave is approved."""
    words = _PART.split(written(text).casefold(), maxsplit=1)
    return not {bare(text), words[0]}.isdisjoint(GRANTED) and not is_not_granted(text)
