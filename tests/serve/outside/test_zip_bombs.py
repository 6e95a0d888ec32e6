"""Attack: jobs that are small on the way and huge when they are read."""

import gzip
import io
import sys
import zipfile
from collections.abc import Callable

import pytest

from .raw_client import once
from .served import Outside, Place, csv_job

MakePlace = Callable[..., Place]
MIB = 1024 * 1024
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
)


def zipped(**files: bytes) -> bytes:
    """Give an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


def workbook(sheet: bytes, shared: bytes = b"<sst/>") -> bytes:
    """Give a workbook with these parts."""
    return zipped(
        **{
            "[Content_Types]_dot_xml": b"<Types/>",
            "xl__workbook_dot_xml": b'<workbook><sheets><sheet name="A" sheetId="1"/></sheets></workbook>',
            "xl__sharedStrings_dot_xml": shared,
            "xl__worksheets__sheet1_dot_xml": sheet,
        }
    )


def nested(depth: int, content: bytes) -> bytes:
    """Give an archive in an archive in an archive."""
    for _ in range(depth):
        content = zipped(job_dot_zip=content)
    return content


BOMBS: dict[str, Callable[[], bytes]] = {
    "a CSV of 600 MB": lambda: zipped(
        job_dot_csv=(b"1,StatusNormal," + b"x" * 4080 + b"\n") * (600 * MIB // 4096)
    ),
    "zeros": lambda: zipped(job_dot_csv=bytes(600 * MIB)),
    "archives in archives": lambda: nested(40, csv_job(2)),
    "gzip": lambda: gzip.compress(bytes(16 * MIB)) * 40,
    "a huge sheet": lambda: workbook(SHEET.encode() + b"<row><c><v>1</v></c></row>" * (300 * MIB // 26)),
    "huge strings": lambda: workbook(
        SHEET.encode(), b"<sst><si><t>" + b"x" * (300 * MIB) + b"</t></si></sst>"
    ),
    "laughs": lambda: workbook((LAUGHS + "]>" + SHEET + "<row><c><v>&m;</v></c></row>").encode()),
    "outside": lambda: workbook(
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SHEET.encode() + b"&a;"
    ),
    "a far cell": lambda: workbook(
        (SHEET + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>').encode()
    ),
    "deep JSON": lambda: b"[" * 5_000_000,
    "deep objects": lambda: b'{"a":' * 1_000_000,
    "a long number": lambda: b'[{"associateId": ' + b"9" * 5_000_000 + b', "status": "StatusNormal"}]',
    "one cell": lambda: b"associateId,status,message\n1,StatusNotAvailable," + b"x" * (20 * MIB),
    "an open quote": lambda: b'associateId,status,message\n1,StatusNotAvailable,"' + b"x\n" * (8 * MIB),
    "many columns": lambda: b"associateId,status" + b",x" * (4 * MIB) + b"\n1,StatusNormal\n",
    "many files": lambda: zipped(**{f"job{n}_dot_csv": b"x" for n in range(20000)}),
}


def most_memory(pid: int) -> int:
    """Give the largest resident size of a process until now, in bytes."""
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123 - no file on a disk
        (line,) = (line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@pytest.mark.campaign  # a bomb takes its time
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_refused_job(served: Outside, name: str) -> None:
    """It is accepted as any job, its run refuses it or rejects rows, in bounded memory; others are served."""
    boss, before = served.by("boss"), most_memory(served.process.pid)

    path = boss.hand_in(BOMBS[name](), "?target=south")
    while boss.job(path)["state"] in ("waiting", "working"):
        assert once(served.url, "GET", "/healthz").status == 200
    job = boss.job(path)
    after = boss.finished(boss.hand_in(csv_job(1), "?target=south"))

    assert job["exit_code"] in (3, 4), job
    assert after["state"] == "finished"
    assert "root:" not in served.log.read_text("utf-8")
    assert most_memory(served.process.pid) - before < 200 * MIB
