"""What HR's programs call their columns, in the languages of SuperOffice's markets."""

LISTS = {  # setting: usual names in English, German, Swedish, Norwegian, Danish and Dutch
    "associate_id": """
        associateId, SuperOffice associateId, SO associateId
    """,  # other systems have no such numbers: see FOREIGN
    "login": """
        login, login name, logon name, sign-in name, user name, user login, assocName, userPrincipalName,
        UPN, SuperOffice login, Benutzername, Anmeldename, Benutzerkennung, användarnamn, inloggningsnamn,
        brukernavn, påloggingsnavn, innloggingsnavn, brugernavn, loginnavn, logonnavn, gebruikersnaam,
        inlognaam, aanmeldnaam, loginnaam
    """,
    "email": """
        email, mail, email address, mail address, work email, work mail, person email, business email,
        company email, work email address, business email address, E-Mail-Adresse, Mailadresse, dienstliche
        E-Mail, geschäftliche E-Mail, E-post, E-postadress, mailadress, mejl, mejladress, arbetsmejl,
        jobbmejl, E-postadresse, arbeidsepost, jobbepost, arbejdsmail, arbejdsemail, e-mailadres, mailadres,
        werkmail, zakelijke e-mail, zakelijk e-mailadres
    """,
    "status": """
        status, presence, presence status, availability, absence, absence status, availability status,
        Anwesenheit, Abwesenheit, Anwesenheitsstatus, Abwesenheitsstatus, Verfügbarkeit, närvaro, frånvaro,
        närvarostatus, frånvarostatus, tillgänglighet, tilstedeværelse, nærvær, fravær, fraværsstatus,
        tilgjengelighet, tilgængelighed, aanwezigheid, afwezigheid, aanwezigheidsstatus, afwezigheidsstatus,
        beschikbaarheid
    """,
    "message": """
        message, comment, presence message, presence comment, absence message, away message, status message,
        Kommentar, Nachricht, Mitteilung, Abwesenheitsnachricht, Abwesenheitsmeldung, meddelande,
        frånvaromeddelande, melding, beskjed, fraværsmelding, besked, meddelelse, fraværsbesked, bericht,
        commentaar, afwezigheidsbericht
    """,  # no notes and remarks: they may be HR's own
    "from": """
        from, from date, date from, from day, start, starts, start date, start day, starts on, first day,
        first day of absence, valid from, begin, begin date, von, Von-Datum, Datum von, Beginn, Startdatum,
        Anfangsdatum, Beginndatum, erster Tag, gültig ab, gültig von, från, f.o.m., från och med, från
        datum, startdag, första dag, första dagen, fra, fra dato, fra og med, startdato, første dag, van,
        vanaf, vanaf datum, van datum, datum van, begindatum, ingangsdatum, eerste dag
    """,
    "until": """
        until, till, to, until date, to date, date to, to day, end, ends, end date, end day, ends on, last
        day, last day of absence, valid until, valid to, through, bis, Bis-Datum, Datum bis, Ende, Enddatum,
        letzter Tag, gültig bis, bis einschließlich, t.o.m., till och med, till datum, slutdatum, slutdag,
        sista dag, sista dagen, til, til dato, til og med, sluttdato, slutdato, siste dag, sidste dag, tot,
        t/m, tot en met, tot datum, datum tot, einddatum, laatste dag
    """,  # no day of return: see BACK
}
# The day after the last one. No first working day: it may be that of a new employee.
BACK = """
    return, returns, returning, return date, date of return, return day, day of return, returns on,
    returning on, return on, expected return, expected return date, planned return, planned return date,
    return to work, return to work date, returns to work, returned to work, RTW date, back, back on, back
    at work, back to work, back date, back in office, back in the office, date back, day back, first day
    back, first day back at work, first day at work again, resumes, resumes on, resume date, resumption,
    resumption date, resumption of work, work resumption date, available from, available again, available
    again from, Rückkehr, Rückkehr am, Rückkehrdatum, Rückkehrtag, Tag der Rückkehr, Datum der Rückkehr,
    voraussichtliche Rückkehr, zurück, zurück am, zurück ab, wieder da, wieder da am, wieder da ab, wieder
    im Büro, wieder im Dienst, wieder im Dienst ab, wieder anwesend, wieder anwesend ab, wieder verfügbar,
    wieder verfügbar ab, erster Arbeitstag danach, Wiederaufnahme, Wiederaufnahme der Arbeit, åter, åter
    den, åter i tjänst, åter i arbete, åter på jobbet, återkomst, återkomstdatum, återgång, återgång i
    arbete, återgångsdatum, återinträde, tillbaka, tillbaka den, tillbaka på jobbet, tillbaka i tjänst,
    tillbakadatum, första dag åter, första dagen åter, första dag tillbaka, första dagen tillbaka,
    tilbake, tilbake den, tilbake dato, tilbake fra, tilbake på jobb, tilbake i jobb, tilbake i arbeid,
    tilbakekomst, tilbakekomstdato, tilbakedato, returdato, returnerer, gjeninntreden, gjeninntredelse,
    første dag tilbake, forventet tilbake, tilbage, tilbage den, tilbage dato, tilbage på arbejde, tilbage
    på job, tilbage i arbejde, tilbagekomst, tilbagekomstdato, tilbagedato, tilbagevenden, genoptagelse,
    genoptager arbejdet, første dag tilbage, forventet tilbage, retur den, raskmelding, raskmeldt,
    raskmeldingsdato, friskmeldt, friskmeldt fra, friskmelding, friskmeldt dato, friskmeldingsdato, terug,
    terug op, terug vanaf, terug op het werk, terug aan het werk, terugkeer, terugkeerdatum, datum
    terugkeer, datum van terugkeer, terugkomst, terugkomstdatum, terugdatum, weer aanwezig, weer aanwezig
    vanaf, weer aan het werk, weer beschikbaar, weer beschikbaar vanaf, eerste dag terug, werkhervatting,
    hervatting, hervattingsdatum, datum hervatting
"""
# Of employees, persons and users elsewhere: each number may be the associateId of another user.
FOREIGN = """
    id, no, nr, number, user, user id, user no, user number, person id, person number, person, HR id,
    employee, employee id, employee no, employee nr, employee number, emp id, emp no, emp number, staff id,
    staff no, staff number, worker id, personnel id, personnel no, personnel number, payroll id, payroll
    number, associate, associate no, associate nr, associate number, contact id, SuperOffice id, Nummer,
    Personalnummer, Personalnr, Pers.-Nr., Personal-ID, Personennummer, Mitarbeiter, Mitarbeiternummer,
    Mitarbeiternr, Mitarbeiter-ID, Benutzer, Benutzernummer, Benutzer-ID, Stammnummer, anställd,
    anställningsnummer, anställningsnr, anst.nr, anställningsid, anställdnummer, medarbetare,
    medarbetarnummer, medarbetarnr, medarbetar-id, personnummer, personnr, användare, användar-id, ansatt,
    ansattnummer, ansattnr, ansatt-id, ansattes nummer, medarbeider, medarbeidernummer, medarbeidernr,
    medarbeider-id, bruker, bruker-id, brukernummer, fødselsnummer, ansat, ansatnummer, ansatnr, ansat-id,
    medarbejder, medarbejdernummer, medarbejdernr, medarbejder-id, lønnummer, lønnr, bruger, bruger-id,
    brugernummer, cpr, cpr-nummer, cpr-nr, personeelsnummer, personeelsnr, personeels-id, medewerker,
    medewerkernummer, medewerkersnummer, medewerkernr, medewerker-id, werknemer, werknemernummer,
    werknemersnummer, werknemer-id, gebruiker, gebruikers-id, gebruikersnummer
"""
OF_MAILS = "subject, cc, bcc, Betreff, ämne, emne, onderwerp"  # beside these, "from" is who sent a mail
TYPES = """
    leave type, leave types, type of leave, leave code, leave category, leave reason, absence type, type of
    absence, absence code, absence reason, absence category, time off type, type of time off, time off
    policy, policy type, policy, time type, vacation type, reason, reason for absence, reason of absence,
    type, category, Abwesenheitsart, Abwesenheitstyp, Abwesenheitsgrund, Art der Abwesenheit, Urlaubsart,
    Fehlzeitenart, Fehlgrund, Art, Grund, Typ, frånvarotyp, frånvarokod, frånvaroorsak, ledighetstyp,
    semestertyp, orsak, fraværstype, fraværskode, fraværsårsak, permisjonstype, årsak, fraværsart, årsag,
    orlovstype, afwezigheidstype, afwezigheidsreden, verlofsoort, verloftype, verlofreden, soort verlof,
    soort afwezigheid, type verlof, soort, reden
"""  # columns that say why people are away; which of them mean it, the operator says

# Columns that say for how long a person is away, or from which time.
DURATIONS = """
    days, day count, number of days, total days, duration, duration days, duration in days, days taken, leave
    days, absence days, working days, workdays, amount, quantity, length, Tage, Dauer, Dauer in Tagen, Anzahl,
    Anzahl Tage, Arbeitstage, Urlaubstage, Abwesenheitstage, Fehltage, dagar, antal dagar, antal, varaktighet,
    arbetsdagar, dager, antall dager, antall, varighet, arbeidsdager, dage, antal dage, arbejdsdage,
    feriedage, dagen, aantal dagen, aantal, duur, werkdagen, verlofdagen
"""
HOURS = """
    hours, number of hours, duration hours, duration in hours, Stunden, Dauer in Stunden, Anzahl Stunden,
    timmar, antal timmar, timer, antall timer, antal timer, uren, aantal uren
"""
TIMES = """
    start time, end time, time from, time to, from time, to time, time start, time end, begin time, Startzeit,
    Endzeit, Beginnzeit, Uhrzeit von, Uhrzeit bis, von Uhrzeit, bis Uhrzeit, Zeit von, Zeit bis, starttid,
    sluttid, tid från, tid till, klockslag från, klockslag till, tid fra, tid til, fra tid, til tid, fra kl,
    til kl, starttidspunkt, sluttidspunkt, starttijd, eindtijd, begintijd, tijd van, tijd tot
"""
PERCENTAGES = """
    percent, percentage, percentage of absence, absence percentage, leave percentage, sick leave percentage,
    %, Prozent, Prozentsatz, Abwesenheitsgrad, procent, procentsats, omfattning, frånvarograd,
    sjukskrivningsgrad, prosent, prosentsats, fraværsprosent, fraværsgrad, sykmeldingsgrad,
    sykmeldingsprosent, fraværsprocent, sygeprocent, ziektepercentage, arbeidsongeschiktheidspercentage
"""
PIECES = {  # of names that say which rows count, or when: see unused_columns.NAMES
    "leave": """
        is, was, has, been, the, all, leave, absence, time off, PTO, vacation, holiday, day off, days off,
        request, application, workflow, process, manager, supervisor, line manager, HR, final, current,
        latest, record, row, entry, item, event, er, ist, är, wurde, Urlaub, Urlaubs, Abwesenheit,
        Abwesenheits, Antrag, Antrags, Fehlzeit, Fehlzeiten, Vorgesetzter, Vorgesetzten, frånvaro, ledighet,
        ledighets, semester, ansökan, ansöknings, chef, chefs, fravær, fraværs, ferie, permisjon, permisjons,
        søknad, søknads, leder, leders, ansøgning, ansøgnings, orlov, orlovs, anmodning, anmodnings, verlof,
        afwezigheid, afwezigheids, aanvraag, leidinggevende
    """,
    "state": """
        s, status, state, result, outcome, decision, stage, step, code, flag, indicator, marker, yn, y n, jn,
        ja nein, Zustand, Stand, Kennzeichen, KZ, Markierung, tillstånd, flagga, tilstand, markering, flagg,
        toestand, vlag
    """,
    "approved": """
        approved, approval, authorised, authorized, authorisation, authorization, accepted, acceptance,
        granted, signed off, sign off, appr, confirmed, confirmation, bestätigt, Bestätigung, bekräftad,
        bekräftat, bekräftelse, bekreftet, bekreftelse, bekræftet, bekræftelse, bevestigd, bevestiging,
        genehm, godk, godkj, goedgek, genehmigt, Genehmigung, bewilligt, Bewilligung, freigegeben, Freigabe,
        godkänd, godkänt, godkännande, beviljad, beviljat, beviljande, attest, attesterad, attesterat,
        attestering, godkjent, godkjenning, godkjennelse, innvilget, innvilgelse, attestert, attestasjon,
        godkendt, godkendelse, bevilget, bevilling, attesteret, goedgekeurd, goedkeuring, akkoord,
        geaccordeerd, accordering, gefiatteerd, fiattering, toegekend, toestemming
    """,
    "request": """
        request, leave request, application, leave application, workflow, approval, submission, process,
        Antrag, Antrags, Bearbeitung, Bearbeitungs, ansökan, ansöknings, behandling, behandlings, søknad,
        søknads, ansøgning, ansøgnings, anmodning, anmodnings, aanvraag, verlofaanvraag, behandel
    """,
    "decision": """
        decision, approval decision, Entscheidung, Entscheid, beslut, avgörande, beslutning, avgjørelse,
        vedtak, afgørelse, besluit, beslissing
    """,
    "row": """
        sys, cdc, db, dml, record, row, data, entry, line, item, source, sync, delta, last, event, is, was,
        er, ist, är, type, of, leave, absence, request
    """,
    "change": """
        operation, op, opcode, change type, change kind, change operation, change action, change code, type
        of change, kind of change, DML type, CRUD, mutation, mutation type, record status, record state, row
        status, row state, Operation, Operationstyp, Änderungsart, Änderungstyp, Änderungskennzeichen,
        Satzstatus, Datensatzstatus, ändringstyp, typ av ändring, radstatus, poststatus, operasjon,
        operasjonstype, endringstype, type endring, ændringstype, ændringskode, type ændring, mutatie,
        mutatietype, mutatiesoort, soort mutatie, type mutatie, wijzigingstype, soort wijziging,
        wijzigingssoort, recordstatus
    """,
    "action": """
        action, action type, action code, transaction type, Aktion, Aktionstyp, Vorgangsart, åtgärd,
        åtgärdstyp, handling, handlingstype, actie, actietype, bewerking
    """,
    "when": """
        at, on, by, date, day, time, datetime, timestamp, dt, user, am, um, von, Datum, Zeitpunkt, den, av,
        datum, tid, dato, tidspunkt, af, op, door, tijd
    """,
    "mark": """
        active, valid, current, latest, tentative, draft, provisional, preliminary, effective, aktiv, gültig,
        aktuell, vorläufig, Entwurf, giltig, gällande, preliminär, utkast, gyldig, gjeldende, foreløpig,
        gældende, foreløbig, kladde, actief, geldig, actueel, voorlopig, concept
    """,
    "show": """
        show as, show time as, shown as, busy status, free busy, free busy status, transparency, Anzeigen
        als, Anzeige als, Zeitspanne zeigen als, visa som, visas som, vis som, vises som, weergeven als,
        tonen als
    """,
    "unit_of_time": """
        month, months, week, weeks, weekday, weekdays, day, day of week, day of month, calendar week, week
        number, week no, ISO week, Monat, Monate, Woche, Wochen, Kalenderwoche, KW, Wochentag, Tag, månad,
        månader, vecka, veckor, veckodag, måned, måneder, uke, uker, ukedag, uge, uger, ugedag, ugenummer,
        ukenummer, ukenr, ugenr, veckonummer, dag, maand, maanden, weekdag, weeknummer, weeknr
    """,
    "beside_undone": """
        at, on, by, date, day, time, datetime, timestamp, dt, user, reason, comment, note, am, um, von,
        Datum, Grund, Zeitpunkt, den, av, datum, tid, orsak, skäl, dato, tidspunkt, årsak, grunn,
        begrunnelse, af, årsag, begrundelse, op, door, reden, tijd
    """,
    "unit": """
        days, day, hours, hour, hrs, duration, quantity, qty, amount, units, length, Tage, Stunden, Dauer,
        Anzahl, Menge, Arbeitstage, Urlaubstage, Fehltage, Kalendertage, dagar, timmar, antal, varaktighet,
        längd, arbetsdagar, dager, timer, antall, varighet, lengde, arbeidsdager, feriedager, dage, varighed,
        længde, arbejdsdage, feriedage, dagen, uren, aantal, duur, werkdagen, verlofdagen, verlofuren
    """,
    "of_unit": """
        total, net, gross, working, work, business, calendar, number, no, of, count, num, in, requested,
        taken, approved, used, deducted, booked, off, der, gesamt, totalt, arbets, arbeids, arbejds, i,
        samlet, totaal, van
    """,
    "other_days": """
        born, birth, dob, hire, joined, joining, employment, employed, seniority, anniversary, creat,
        changed, change date, modif, updat, approv, authori, export, import, submi, applied, applicationdate,
        requestedon, requestedat, requestdate, daterequested, print, reportdate, reportrun, reportedon,
        reportedat, datereported, notified, generat, sync, transactiondate, retirementdate, login, logon,
        seen, signed, sentat, senton, received, entered, entrydate, regist, booked, bookingdate, insert,
        delet, cancel, contract, probation, terminat, resign, expir, payroll, payday, paydate, asof,
        snapshot, extract, download, timestamp, decision, decided, review, processed, rundate, filedate,
        servicedate, visa, passport, recorded, gebor, geburt, eintritt, eingetreten, einstell, angelegt,
        stichtag, meldedatum, gemeldetam, erstellt, erfass, geändert, änderung, genehmig, bewillig, freig,
        druck, antragsdatum, beantragt, eingereicht, austritt, vertrag, probezeit, jubil, anmeldung,
        datenstand, aktualisier, född, födelse, anställning, skapa, ändra, ändring, uppdater, godkän, bevilj,
        attest, ansökningsdatum, ansökt, inskick, utskriv, kontrakt, avtal, inlogg, født, fødsel, ansettelse,
        tiltred, opprett, endret, endring, oppdater, godkjen, innvilg, eksport, søknadsdato, søkt, innsendt,
        utskrift, prøvetid, fratred, innlogg, ansattdato, ansattsiden, ansatdato, tiltråd, tillträd,
        ansættelse, tiltræd, oprett, ændret, ændring, opdater, godkend, bevilg, ansøgningsdato, ansøgt,
        indsendt, udskr, fratræd, indlogg, geboren, geboorte, indienst, uitdienst, aangemaakt, gemaakt,
        wijzig, bijgewerkt, goedgekeurd, goedkeur, aanvraagdatum, aangevraagd, ingediend, geregistr,
        proeftijd, afgedrukt, inlog
    """,  # as pieces of names
    "leave_or_step": """
        leave, absence, vacation, holiday, sick, approv, authori, submi, applied, signed, received, entered,
        regist, booked, processed, recorded, Urlaub, Abwesenheit, krank, genehmig, bewillig, freig,
        beantragt, eingereicht, erfass, frånvaro, ledighet, semester, sjuk, godkän, bevilj, attest, ansökt,
        inskick, fravær, ferie, permisjon, syk, godkjen, innvilg, søkt, innsendt, orlov, syg, godkend,
        bevilg, ansøgt, indsendt, verlof, afwezigheid, vakantie, ziek, goedgekeurd, goedkeur, aangevraagd,
        ingediend, geregistr
    """,  # as pieces, too: with one of the next behind it, a day of the leave: "Approved until"
    "first_or_last": """
        from, start, start date, begin, until, till, through, end, end date, von, ab, Beginn, bis, Ende,
        Enddatum, från, fom, startdatum, tom, slut, slutdatum, fra, startdato, til, slutt, sluttdato,
        slutdato, van, vanaf, begindatum, tot, tm, einde, einddatum
    """,
}
