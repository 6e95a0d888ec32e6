"""A job of JSON whose fields are below other fields, and its failed.csv."""

import csv
import json
from pathlib import Path

from .given import Worker


def test_failed_csv_of_a_deep_job_comes_back(worker: Worker, tmp_path: Path) -> None:
    """Its columns have the paths as their names, so the same configuration reads it."""
    config = tmp_path / "presence-worker.toml"
    config.write_text(
        '[input]\nemail = "who.mails.0.value"\nstatus = "state.now"\n'
        'message_template = "To {who.deputy}"\ncoverage = "changes"\nonly = {"state.kind" = ["a"]}\n'
    )
    rows = [
        {"who": {"mails": [{"value": mail}], "deputy": "Bo"}, "state": {"now": "Away", "kind": "a"}}
        for mail in ("user1@example.com", "nobody")
    ]
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"data": rows}))

    ran = worker("run", job, "--config", config)
    failed = worker.folder_of(ran) / "failed.csv"
    names, *wrong = csv.reader(failed.read_text("utf-8-sig").splitlines())
    failed.write_text(failed.read_text("utf-8-sig").replace("nobody", "user2@example.com"), "utf-8-sig")
    again = worker("run", failed, "--config", config)

    assert ran.summary["counts"] | {"updated": 1, "invalid": 1} == ran.summary["counts"]
    assert names[:2] == ["who", "state"]
    assert {"who.mails.0.value", "state.now", "who.deputy", "state.kind"} <= set(names)
    assert len(wrong) == 1
    assert again.summary["counts"]["updated"] == 1
