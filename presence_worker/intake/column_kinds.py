"""What a column says by its name: of those that may tell which rows count, or when.

In English, German, Swedish, Norwegian, Danish and Dutch.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import cache

from .spelling import bare, bare_words
from .statuses import UNDONE


class ColumnKind(Enum):
    """What a column says."""

    APPROVAL = auto()  # whether a leave is approved
    CHANGE = auto()  # what happened to the row, such as its deletion
    ACTION = auto()  # what happened to the row, or what is to be done: its cells tell
    UNDOING = auto()  # when or why it was cancelled; an empty cell: it was not
    SIGNING = auto()  # by whom or when it was approved; an empty cell: perhaps it was not
    STATE = auto()  # something by which rows may count or not, where it differs from row to row
    PERIOD = auto()  # when a leave is, in other words than days
    DURATION = auto()  # how long a leave is; less than nothing takes one back
    OTHER_DAY = auto()  # days of something else
    DAY = auto()  # days of what is not known
    UNKNOWN = auto()  # its name does not say


LONGEST = 60  # characters of a name that are compared; a longer one is a sentence
_LEAVE = bare_words("""
    is, was, has, been, the, all, leave, absence, time off, PTO, vacation, holiday, day off, days off,
    request, application, workflow, process, manager, supervisor, line manager, HR, final, current, latest,
    record, row, entry, item, event, er, ist, är, wurde, Urlaub, Urlaubs, Abwesenheit, Abwesenheits, Antrag,
    Antrags, Fehlzeit, Fehlzeiten, Vorgesetzter, Vorgesetzten, frånvaro, ledighet, ledighets, semester,
    ansökan, ansöknings, chef, chefs, fravær, fraværs, ferie, permisjon, permisjons, søknad, søknads, leder,
    leders, ansøgning, ansøgnings, orlov, orlovs, anmodning, anmodnings, verlof, afwezigheid, afwezigheids,
    aanvraag, leidinggevende
""")
_STATE = bare_words("""
    s, status, state, result, outcome, decision, stage, step, code, flag, indicator, marker, yn, y n, jn, ja
    nein, Zustand, Stand, Kennzeichen, KZ, Markierung, tillstånd, flagga, tilstand, markering, flagg,
    toestand, vlag
""")
_APPROVED = bare_words("""
    approved, approval, authorised, authorized, authorisation, authorization, accepted, acceptance, granted,
    signed off, sign off, appr, confirmed, confirmation, bestätigt, Bestätigung, bekräftad, bekräftat,
    bekräftelse, bekreftet, bekreftelse, bekræftet, bekræftelse, bevestigd, bevestiging, genehm, godk, godkj,
    goedgek, genehmigt, Genehmigung, bewilligt, Bewilligung, freigegeben, Freigabe, godkänd,
    godkänt, godkännande, beviljad, beviljat, beviljande, attest, attesterad, attesterat, attestering,
    godkjent, godkjenning, godkjennelse, innvilget, innvilgelse, attestert, attestasjon, godkendt,
    godkendelse, bevilget, bevilling, attesteret, goedgekeurd, goedkeuring, akkoord, geaccordeerd,
    accordering, gefiatteerd, fiattering, toegekend, toestemming
""")
_REQUEST = bare_words("""
    request, leave request, application, leave application, workflow, approval, submission, process, Antrag,
    Antrags, Bearbeitung, Bearbeitungs, ansökan, ansöknings, behandling, behandlings, søknad, søknads,
    ansøgning, ansøgnings, anmodning, anmodnings, aanvraag, verlofaanvraag, behandel
""")
_DECISION = bare_words("""
    decision, approval decision, Entscheidung, Entscheid, beslut, avgörande, beslutning, avgjørelse, vedtak,
    afgørelse, besluit, beslissing
""")
_ROW = bare_words("""
    sys, cdc, db, dml, record, row, data, entry, line, item, source, sync, delta, last, event, is, was, er,
    ist, är, type, of, leave, absence, request
""")
_CHANGE = bare_words("""
    operation, op, opcode, change type, change kind, change operation, change action, change code, type of
    change, kind of change, DML type, CRUD, mutation, mutation type, record status, record state, row
    status, row state, Operation, Operationstyp, Änderungsart, Änderungstyp, Änderungskennzeichen,
    Satzstatus, Datensatzstatus, ändringstyp, typ av ändring, radstatus, poststatus, operasjon,
    operasjonstype, endringstype, type endring, ændringstype, ændringskode, type ændring, mutatie,
    mutatietype, mutatiesoort, soort mutatie, type mutatie, wijzigingstype, soort wijziging,
    wijzigingssoort, recordstatus
""")
_ACTION = bare_words("""
    action, action type, action code, transaction type, Aktion, Aktionstyp, Vorgangsart, åtgärd, åtgärdstyp,
    handling, handlingstype, actie, actietype, bewerking
""")
_WHEN = bare_words("""
    at, on, by, date, day, time, datetime, timestamp, dt, user, am, um, von, Datum, Zeitpunkt, den, av, datum,
    tid, dato, tidspunkt, af, op, door, tijd
""")
_MARK = bare_words("""
    active, valid, current, latest, tentative, draft, provisional, preliminary, effective, aktiv, gültig,
    aktuell, vorläufig, Entwurf, giltig, gällande, preliminär, utkast, gyldig, gjeldende, foreløpig, gældende,
    foreløbig, kladde, actief, geldig, actueel, voorlopig, concept
""")
_SHOW = bare_words("""
    show as, show time as, shown as, busy status, free busy, free busy status, transparency, Anzeigen als,
    Anzeige als, Zeitspanne zeigen als, visa som, visas som, vis som, vises som, weergeven als, tonen als
""")
_UNIT_OF_TIME = bare_words("""
    month, months, week, weeks, weekday, weekdays, day, day of week, day of month, calendar week, week number,
    week no, ISO week, Monat, Monate, Woche, Wochen, Kalenderwoche, KW, Wochentag, Tag, månad, månader, vecka,
    veckor, veckodag, måned, måneder, uke, uker, ukedag, uge, uger, ugedag, ugenummer, ukenummer, ukenr,
    ugenr, veckonummer, dag, maand, maanden, weekdag, weeknummer, weeknr
""")
_BESIDE_UNDONE = bare_words("""
    at, on, by, date, day, time, datetime, timestamp, dt, user, reason, comment, note, am, um, von, Datum,
    Grund, Zeitpunkt, den, av, datum, tid, orsak, skäl, dato, tidspunkt, årsak, grunn, begrunnelse, af,
    årsag, begrundelse, op, door, reden, tijd
""")
_UNIT = bare_words("""
    days, day, hours, hour, hrs, duration, quantity, qty, amount, units, length, Tage, Stunden, Dauer,
    Anzahl, Menge, Arbeitstage, Urlaubstage, Fehltage, Kalendertage, dagar, timmar, antal, varaktighet,
    längd, arbetsdagar, dager, timer, antall, varighet, lengde, arbeidsdager, feriedager, dage, varighed,
    længde, arbejdsdage, feriedage, dagen, uren, aantal, duur, werkdagen, verlofdagen, verlofuren
""")
_OF_UNIT = _LEAVE | bare_words("""
    total, net, gross, working, work, business, calendar, number, no, of, count, num, in,
    requested, taken, approved, used, deducted, booked, off, der, gesamt, totalt, arbets, arbeids, arbejds,
    i, samlet, totaal, van
""")
_OTHER_DAYS = bare_words("""
    born, birth, dob, hire, joined, joining, employment, employed, seniority, anniversary, creat, changed,
    change date, modif, updat, approv, authori, export, import, submi, applied, applicationdate,
    requestedon, requestedat, requestdate, daterequested, print, reportdate, reportrun, reportedon,
    reportedat, datereported, notified, generat, sync, transactiondate, retirementdate, login, logon,
    seen, signed, sentat, senton, received, entered, entrydate, regist, booked, bookingdate, insert,
    delet, cancel, contract, probation, terminat, resign, expir, payroll, payday, paydate, asof, snapshot,
    extract, download, timestamp, decision, decided, review, processed, rundate, filedate, servicedate,
    visa, passport, recorded, gebor, geburt, eintritt, eingetreten, einstell, angelegt, stichtag,
    meldedatum, gemeldetam, erstellt, erfass, geändert, änderung, genehmig, bewillig, freig, druck,
    antragsdatum, beantragt, eingereicht, austritt, vertrag, probezeit, jubil, anmeldung, datenstand,
    aktualisier, född, födelse, anställning, skapa, ändra, ändring, uppdater, godkän, bevilj, attest,
    ansökningsdatum, ansökt, inskick, utskriv, kontrakt, avtal, inlogg, født, fødsel, ansettelse, tiltred,
    opprett, endret, endring, oppdater, godkjen, innvilg, eksport, søknadsdato, søkt, innsendt, utskrift,
    prøvetid, fratred, innlogg, ansattdato, ansattsiden, ansatdato, tiltråd, tillträd, ansættelse,
    tiltræd, oprett, ændret, ændring, opdater, godkend, bevilg, ansøgningsdato, ansøgt, indsendt, udskr,
    fratræd, indlogg, geboren, geboorte, indienst, uitdienst, aangemaakt, gemaakt, wijzig, bijgewerkt,
    goedgekeurd, goedkeur, aanvraagdatum, aangevraagd, ingediend, geregistr, proeftijd, afgedrukt, inlog
""")  # as pieces of names
_LEAVE_OR_STEP = bare_words("""
    leave, absence, vacation, holiday, sick, approv, authori, submi, applied, signed, received, entered,
    regist, booked, processed, recorded, Urlaub, Abwesenheit, krank, genehmig, bewillig, freig, beantragt,
    eingereicht, erfass, frånvaro, ledighet, semester, sjuk, godkän, bevilj, attest, ansökt, inskick, fravær,
    ferie, permisjon, syk, godkjen, innvilg, søkt, innsendt, orlov, syg, godkend, bevilg, ansøgt, indsendt,
    verlof, afwezigheid, vakantie, ziek, goedgekeurd, goedkeur, aangevraagd, ingediend, geregistr
""")  # as pieces of names: with one of these behind it, a day of the leave itself, such as "Approved until"
_FIRST_OR_LAST = bare_words("""
    from, start, start date, begin, until, till, through, end, end date, von, ab, Beginn, bis, Ende,
    Enddatum, från, fom, startdatum, tom, slut, slutdatum, fra, startdato, til, slutt, sluttdato, slutdato,
    van, vanaf, begindatum, tot, tm, einde, einddatum
""")


def _any(words: frozenset[str]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


@cache
def _other_days() -> re.Pattern[str]:
    return re.compile(_any(_OTHER_DAYS))


@cache
def _days_of_leave() -> re.Pattern[str]:
    return re.compile(f"{_any(_LEAVE_OR_STEP)}.*(?:{_any(_FIRST_OR_LAST)}|(?<!da)to)$")


@cache
def _names_of_kinds() -> Mapping[ColumnKind, re.Pattern[str]]:
    """Return what the names of each kind look like; made once, and only where columns are unused."""
    leave, state, undone, unit = _any(_LEAVE), _any(_STATE), _any(UNDONE), _any(_UNIT)
    of = "(?:of|for|on|des|der|av|af|van|på|til)?(?:the|de|het)?"
    approved = f"{leave}*(?:{_any(_APPROVED)}|{_any(_DECISION)}){state}*"
    request = f"{leave}*{_any(_REQUEST)}(?:status|state|decision|outcome|stand|stage|step|phase)"
    reversed_request = f"(?:status|state|decision){of}{leave}*{_any(_REQUEST)}"
    of_state = f"{leave}*status(?:{state})*|{leave}*{_any(_MARK)}{state}*|{_any(_SHOW)}"
    undone = f"{leave}*(?:soft)?{undone}"
    of_unit = _any(_OF_UNIT)
    return {
        ColumnKind.APPROVAL: re.compile(f"{approved}|{request}|{reversed_request}"),
        ColumnKind.CHANGE: re.compile(f"{_any(_ROW)}*{_any(_CHANGE)}|{undone}{state}*"),
        ColumnKind.ACTION: re.compile(f"{_any(_ROW)}*{_any(_ACTION)}"),
        ColumnKind.UNDOING: re.compile(
            f"{undone}s?{_any(_BESIDE_UNDONE)}+|(?:reason|date)(?:of|for){undone}"
        ),
        ColumnKind.SIGNING: re.compile(f"{leave}*{_any(_APPROVED)}{_any(_WHEN)}+"),
        ColumnKind.STATE: re.compile(of_state),
        ColumnKind.PERIOD: re.compile(_any(_UNIT_OF_TIME)),
        ColumnKind.DURATION: re.compile(f"{of_unit}*{unit}(?:{of_unit}|{unit})*"),
    }


def kind_of(name: str) -> ColumnKind:
    """Return what a column says by its name; of a path in JSON, the last part may tell."""
    for part in (name, name.rpartition(".")[2]):
        found = bare(part)[:LONGEST]
        for kind, names in _names_of_kinds().items():
            if names.fullmatch(found):
                return kind
    found = bare(name)
    is_other = _other_days().search(found) and not _days_of_leave().search(found)
    return ColumnKind.OTHER_DAY if is_other else ColumnKind.UNKNOWN
