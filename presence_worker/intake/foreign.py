"""Files that must not be read as a job: an error may quote their first line, for all who read the log."""

import os
import stat
from pathlib import Path

from ..errors import InputRefused
from ..journal import is_trusted
from ..settings import SECRETS, Auth

OTHERS = stat.S_IWGRP | stat.S_IWOTH
INSTEAD = "in a folder that other users may write; copy the file there instead"


def refuse_foreign_link(path: Path, opened: os.stat_result) -> None:
    """Raise InputRefused where other users may have put *path* before us, as a name of a file not theirs.

    They need not be able to read a file in order to link to it. *opened* is what *path* has led to. A link
    that we, root or the owner of the file have made is as good as the file.
    """
    if os.name != "posix" or not stat.S_ISREG(opened.st_mode) or not path.parent.stat().st_mode & OTHERS:
        return
    name = path.lstat()
    if stat.S_ISLNK(name.st_mode):
        if name.st_uid != opened.st_uid and not is_trusted(name.st_uid):
            raise InputRefused(f"{path}: a link to a file of another owner, {INSTEAD}")
    elif not os.path.samestat(name, opened):
        raise InputRefused(f"{path}: was replaced while it was opened; run it again")
    elif opened.st_nlink > 1:
        raise InputRefused(f"{path}: has a second name (a hard link), {INSTEAD}")


def refuse_secret(opened: os.stat_result, auth: Auth) -> None:
    """Raise InputRefused for a file that a secret is kept in."""
    named = {f"auth.{name}_file": getattr(auth, f"{name}_file") for name in SECRETS}
    for setting, file in {**named, "auth.private_key_file": auth.private_key_file}.items():
        if file and _is(file, opened):
            raise InputRefused(f"the job is the file that {setting} names; name the file with the rows")


def _is(file: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(file.stat(), opened)
    except OSError:
        return False
