"""What a file is, by its content: which reader reads it, or why none does."""

from pathlib import Path
from typing import NamedTuple

from ..errors import InputRefused
from ..failed_csv import is_failed_csv
from ..loading import load
from ..settings import Input
from .table import Reader, Source

READERS = {  # format: what reads it, which is loaded only for such a job
    "csv": ".intake.csv.open_csv:open_csv",
    "json": ".intake.json.open_json:open_json",
    "jsonl": ".intake.json.open_json:open_json_lines",
    "xlsx": ".intake.xlsx.open_xlsx:open_xlsx",
}
OURS = "a failed.csv"
BLOCK = 1 << 16  # characters by which the format is recognised
EXTENSIONS = {  # what people expect behind them
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".gz": "gzip",
    ".zst": "zstd",
    ".zip": "zip",
}
ALIKE = ({"json", "jsonl"},)  # no note is needed for these


def reader_of(source: Source, config: Input) -> Reader:
    """Return what reads a job; raise InputRefused for content that is not a list, or not as configured."""
    reader: Reader = load(READERS[_format(source, config)])
    return reader


def _format(source: Source, config: Input) -> str:
    """Return the format of a job by its content; the name of a file proves nothing."""
    content, wanted = _content(source), config.format
    if content == OURS:
        return "csv"  # the configuration is meant for the job it came from
    if wanted == "auto":
        return content
    if "xlsx" in (content, wanted) and content != wanted:
        words = f"the content is {content.upper()}, but --format or input.format says {wanted.upper()}"
        raise InputRefused(f"{source.name}: {words}. Remove that setting")
    return wanted


def _content(source: Source) -> str:
    if source.encoding is None:
        return "xlsx"
    start = source.text.read(BLOCK).lstrip().lower()
    source.text.seek(0)
    refuse_text(source.name, start)
    if start[:1] in ("[", "{"):
        return "json"
    return OURS if is_failed_csv(start.encode("utf-8", "replace")) else "csv"


def notes_on_name(source: Source, kind: str) -> list[str]:
    """Return a note where a file has another content than its name says; the content counts."""
    path, packing = Path(source.name), (source.packing or "").lower()
    said = EXTENSIONS.get(path.suffix.lower())
    found = packing or kind
    if packing and said == packing:
        said, found = EXTENSIONS.get(Path(path.stem).suffix.lower()), kind
    if said in (None, found) or {said, found} in ALIKE:
        return []
    return [f"the file name says {said}, but the content is {found}. The file was read as {found}"]


# -- files that are not lists of rows: what each is, and what to do ------------------------------------------

SAVE = "Save it as XLSX or CSV (UTF-8) and run that file"
EXPORT = "Export its rows as CSV (UTF-8) and run that file"
UNPACK = "Unpack it and run the file inside"
DECRYPT = "Decrypt it and run the file inside"
DOWNLOAD = "It only points to the list. Download the list as XLSX or CSV and run that file"
HEAD = 300  # bytes in which the marks are


class Mark(NamedTuple):
    """How a kind of file is known."""

    octets: bytes
    words: str
    at: int = 0


MARKS = (
    Mark(b"\xd0\xcf\x11\xe0", f"an XLS workbook, or one with a password. {SAVE}"),
    Mark(b"%PDF", f"a PDF. {SAVE}"),
    Mark(b"7z\xbc\xaf", f"a 7z file. {UNPACK}"),
    Mark(b"Rar!", f"a RAR file. {UNPACK}"),
    Mark(b"\xfd7zXZ", f"an xz file. {UNPACK}"),
    Mark(b"BZh91AY&", f"a bzip2 file. {UNPACK}"),
    Mark(b"\x04\x22\x4d\x18", f"an LZ4 file. {UNPACK}"),
    Mark(b"ustar", f"a tar file. {UNPACK}", at=257),
    Mark(b"MSCF", f"a CAB file. {UNPACK}"),
    Mark(b"PAR1", f"a Parquet file. {EXPORT}"),
    Mark(b"ARROW1", f"an Arrow (Feather) file. {EXPORT}"),
    Mark(b"FEA1", f"a Feather file. {EXPORT}"),
    Mark(b"ORC\x08", f"an ORC file. {EXPORT}"),
    Mark(b"Obj\x01", f"an Avro file. {EXPORT}"),
    Mark(b"SQLite format 3\0", f"an SQLite database. {EXPORT}"),
    Mark(b"Standard Jet DB", f"an Access database. {EXPORT}", at=4),
    Mark(b"Standard ACE DB", f"an Access database. {EXPORT}", at=4),
    Mark(b"PGDMP", f"a dump of a PostgreSQL database. {EXPORT}"),
    Mark(b"$FL2@(#)", f"an SPSS file. {EXPORT}"),
    Mark(b"$FL3@(#)", f"an SPSS file. {EXPORT}"),
    Mark(b"RDX2\n", f"an R data file. {EXPORT}"),
    Mark(b"RDX3\n", f"an R data file. {EXPORT}"),
    Mark(b"X\n\0\0\0", f"an R data file. {EXPORT}"),
    Mark(b"<stata_dta>", f"a Stata file. {EXPORT}"),
    Mark(b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", f"a SAS file. {EXPORT}", at=12),
    Mark(b"\x89HDF\r\n", f"an HDF5 file. {EXPORT}"),
    Mark(b"\x80\x04\x95", f"a pickle of Python. {EXPORT}"),
    Mark(b"\x80\x05\x95", f"a pickle of Python. {EXPORT}"),
    Mark(b"\x09\x08\x10\0\0\x06\x05\0", f"an XLS workbook. {SAVE}"),
    Mark(b"\x89PNG", f"an image. {EXPORT}"),
    Mark(b"\xff\xd8\xff", f"an image. {EXPORT}"),
    Mark(b"GIF8", f"an image. {EXPORT}"),
    Mark(b"II*\0", f"an image. {EXPORT}"),
    Mark(b"MM\0*", f"an image. {EXPORT}"),
    Mark(b"\x4c\0\0\0\x01\x14\x02\0", f"a shortcut of Windows. {DOWNLOAD}"),
    Mark(b"book\0\0\0\0mark\0\0\0\0", f"an alias of macOS. {DOWNLOAD}"),
    Mark(b"!BDN", "an Outlook data file. Save the attached list and run that file"),
    Mark(b"\x78\x9f\x3e\x22", "a winmail.dat of Outlook. Save the attached list and run that file"),
    Mark(b"age-encryption.org/", f"a file encrypted with age. {DECRYPT}"),
)
TEXTS = {  # how a text begins, in lower case and without any spaces: what that is
    "[internetshortcut]": f"a shortcut to a web page (.url). {DOWNLOAD}",
    "[{000214a0-": f"a shortcut to a web page (.url). {DOWNLOAD}",
    "[default]baseurl=": f"a shortcut to a web page (.url). {DOWNLOAD}",
    "[desktopentry]": f"a shortcut (.desktop). {DOWNLOAD}",
    '{"url":"https://docs.google.com/': f"a pointer to a Google document. {DOWNLOAD}",
    '{"":"warning!donoteditthisfile': f"a pointer to a Google document. {DOWNLOAD}",
    '{"doc_id":': f"a pointer to a Google document. {DOWNLOAD}",
    "versionhttps://git-lfs.github.com/": (
        "a pointer of Git LFS. Fetch the file itself (git lfs pull) and run it"
    ),
    "begin:vcalendar": f"a calendar (iCalendar), with no column for people. {EXPORT}",
    "begin:vcard": f"contacts (vCard). {EXPORT}",
    "-----beginpgpmessage": f"a file encrypted with OpenPGP. {DECRYPT}",
    "-----beginageencrypted": f"a file encrypted with age. {DECRYPT}",
    "-----begin": "a key or a certificate. Name the file with the rows",
    "{\\rtf": f"an RTF document, as line 1 says. {SAVE}",
    "return-path:": "an e-mail. Save the attached list and run that file",
    "received:from": "an e-mail. Save the attached list and run that file",
    "delivered-to:": "an e-mail. Save the attached list and run that file",
    "mime-version:": "an e-mail or a saved web page. Save the list in it and run that file",
}
MARKUPS = ("<!doctype", "<?xml", "<html", "<head", "<meta", "<style", "<body", "<table")
MARKUP = "HTML or XML, whatever its name says"  # which Excel opens under the name of a workbook
INSIDE_XML = {  # how an XML file goes on: what that is
    'progid="excel.sheet"': f"{MARKUP} (an XML spreadsheet of Excel 2003). {SAVE}",
    "urn:schemas-microsoft-com:office:spreadsheet": f"{MARKUP} (an XML spreadsheet of Excel 2003). {SAVE}",
    "<!doctypeplist": f"a property list of macOS, such as a .webloc. {DOWNLOAD}",
}
OFFICE = {  # member of a ZIP file: what that is
    "xl/workbook.bin": "an XLSB workbook",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint file",
    "META-INF/manifest.xml": "an OpenDocument file, such as ODS",
    "content.xml": "an OpenDocument file, such as ODS",
    "Index/Document.iwa": "a Numbers file",
}
LOCKS = {"~$": "Microsoft Office", ".~lock.": "LibreOffice"}  # how the name of a lock file begins


def refuse_binary(name: str, head: bytes) -> None:
    """Raise InputRefused for a file whose first bytes show that it is neither text nor a workbook."""
    for mark in MARKS:
        if head.startswith(mark.octets, mark.at):
            raise InputRefused(f"{name}: {mark.words}")


def refuse_office(name: str, members: set[str]) -> None:
    """Raise InputRefused for a ZIP file that is another document than a workbook, by the files in it."""
    for member, kind in OFFICE.items():
        if member.lower() in members:
            raise InputRefused(f"{name}: {kind}. {SAVE}")


def refuse_text(name: str, start: str) -> None:
    """Raise InputRefused for a text that is known and has no rows; *start* is in lower case."""
    start = "".join(start.split())
    words = next((words for mark, words in TEXTS.items() if start.startswith(mark)), None)
    if words is None and start.startswith(MARKUPS):
        words = next((words for mark, words in INSIDE_XML.items() if mark in start), f"{MARKUP}. {SAVE}")
    if words:
        raise InputRefused(f"{name}: {words}")


def refuse_lock(path: Path) -> None:
    """Raise InputRefused for the file that a program keeps beside a document as long as it is open."""
    for start, program in LOCKS.items():
        if path.name.startswith(start):
            raise InputRefused(
                f"{path}: the lock file of {program} for a document that is open. Run the document itself"
            )
