"""The file of a target, laid over the common one: what wins, what is refused, and where paths lead."""

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from presence_worker.errors import UsageFault
from presence_worker.settings import Settings
from presence_worker.settings.configuration import (
    FOR_ALL,
    NOT_HERE,
    load_settings,
    load_usable_settings,
    place_files,
)
from presence_worker.settings.origin import origin_of
from presence_worker.target_files import find_targets

COMMON = 'targets = "customers"\n'
VALUES = {  # settings that do not depend on each other
    ("delivery", "burst"): st.integers(1, 9),
    ("delivery", "attempts"): st.integers(1, 9),
    ("safety", "percent_floor"): st.integers(0, 9),
    ("safety", "protected_ids"): st.lists(st.integers(1, 9), max_size=3),
    ("input", "statuses"): st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["ignore", "withdrawn"])),
}
Given = dict[tuple[str, str], Any]
settings_given = st.fixed_dictionaries({}, optional=VALUES)


def text_of(given: Given) -> str:
    def value(found: Any) -> str:
        if isinstance(found, dict):
            return "{" + ", ".join(f'{key} = "{each}"' for key, each in found.items()) + "}"
        return repr(found)

    return "".join(f"{section}.{key} = {value(found)}\n" for (section, key), found in given.items())


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    folder = tmp_path / "customers"
    folder.mkdir()
    return folder


def load_both(file: Path, common: str, own: str) -> Settings:
    file.write_text(COMMON + common, "utf-8")
    target = file.parent / "customers" / "acme.toml"
    target.parent.mkdir(exist_ok=True)
    target.write_text(own, "utf-8")
    return load_settings(file, {}, target)


def problems(file: Path, common: str, own: str) -> list[str]:
    with pytest.raises(UsageFault) as fault:
        load_both(file, common, own)
    return str(fault.value).replace(str(file.parent), "").splitlines()


@given(common=settings_given, own=settings_given)
def test_the_own_file_wins_key_by_key(
    common: Given, own: Given, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A value is the target's, else the common one, else the default; tables are joined, lists replaced."""
    file = tmp_path_factory.mktemp("both") / "common.toml"

    settings = load_both(file, text_of(common), text_of(own))

    for section, key in VALUES:
        found = getattr(getattr(settings, section), key)
        if key == "statuses":
            expected = common.get((section, key), {}) | own.get((section, key), {})
            assert found.keys() == expected.keys()
        else:
            default = getattr(getattr(Settings(), section), key)
            assert found == own.get((section, key), common.get((section, key), default))


def test_the_own_address_is_the_only_one(file: Path) -> None:
    """Beside a tenant of its own, the common base_url would win, and lead to another customer."""
    common = '[target]\nbase_url = "https://acme.example"\nenvironment = "sod"\n'

    settings = load_both(file, common, '[target]\ntenant = "Cust12345"\n')

    assert settings.target.base_url is None
    assert (settings.target.tenant, settings.target.environment) == ("Cust12345", "sod")


def test_the_common_file_is_valid_alone(file: Path) -> None:
    """The setting that names the folder is none of the settings of a run."""
    file.write_text(COMMON + "delivery.burst = 3\n")

    settings = load_settings(file, {})

    assert settings.delivery.burst == 3


def test_problems_name_the_file_and_line_of_each(file: Path) -> None:
    """What is wrong is where it stands: in the target's file, or in the common one."""
    found = problems(
        file,
        "[delivery]\nburst = 0\nrate = 0\n[auth]\nusername = 5\n",
        "[delivery]\nattempts = 0\nrate = -1\n[safety]\nnothing = 1\n",
    )

    assert [line.split(": ")[:2] for line in found] == [
        ["/settings.toml, line 6", "auth.username"],
        ["/customers/acme.toml, line 3", "delivery.rate"],
        ["/settings.toml, line 3", "delivery.burst"],
        ["/customers/acme.toml, line 2", "delivery.attempts"],
        ["/customers/acme.toml, line 5", "safety.nothing"],
    ]


def test_a_section_that_is_wrong_as_a_whole_names_both_files(file: Path) -> None:
    """A secret in the common file and its file in the target's: one of them has to go."""
    found = problems(file, '[auth]\npassword = "x"\n', '[auth]\npassword_file = "p"\n')

    words = "auth: password and password_file are both set; keep one"
    assert found == [f"/customers/acme.toml, line 1 and /settings.toml, line 2: {words}"]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ('targets = "more"', "line 1: targets: a target has no targets of its own. Remove it here"),
        (
            '[storage]\nstate_dir = "/x"',
            f"line 2: storage.state_dir: {FOR_ALL['storage', 'state_dir']}",
        ),
        (
            '[metrics]\ntextfile = "/x.prom"',
            "line 2: metrics.textfile: one file has the metrics of all targets. Set it in the common file",
        ),
        ('[auth]\npassword = "canary"', "line 2: auth.password: {secret} password_file"),
        ('[AUTH]\ntoken = "canary"', "line 2: auth.token: {secret} token_file"),
        (
            '[[notify.webhook]]\nurl = "https://canary.example/"',
            "line 2: notify.webhook.1.url: {secret} url_file",
        ),
        (
            'notify.mail = [{to = ["a@b"], from = "c@d", host = "h", username = "u", password = "canary"}]',
            "line 1: notify.mail.1.password: {secret} password_file",
        ),
        (
            '[target]\nproxy = "http://user:canary@proxy.example"',
            f"target.proxy: {NOT_HERE}. Set a proxy with a password in the common file",
        ),
        (
            '[[notify.webhook]]\nurl_file = "u"\n[notify.webhook.headers]\nAuthorization = "Bearer canary"',
            f"notify.webhook.1.headers: {NOT_HERE}. Write this webhook into the common file",
        ),
        ("[auth\n", "not valid TOML"),
    ],
)
def test_what_must_not_be_in_it(own: str, words: str, file: Path) -> None:
    """The error names the file, the line and the setting, says what to do, and never shows a secret."""
    secret = (
        "a target's file must not have a secret in it. Put the secret into a file of its own, "
        "and name that file with"
    )

    found = "\n".join(problems(file, "", own))

    assert found.startswith("/customers/acme.toml")
    assert words.format(secret=secret) in found
    assert "canary" not in found.replace("https://canary", "")


def test_paths_are_relative_to_the_own_file(file: Path, customers: Path) -> None:
    """A target and its files can be moved together; a path in full stays as it is."""
    own = """
    [target]
    ca_file = "ca.pem"
    [auth]
    password_file = "secrets/acme"
    private_key_file = "/etc/key.pem"
    [job]
    source = "in/*.csv"
    [[notify.mail]]
    to = ["a@b.example"]
    from = "c@d.example"
    host = "h"
    username = "u"
    password_file = "mail"
    """

    settings = load_both(file, "", own)

    assert settings.target.ca_file == customers / "ca.pem"
    assert settings.auth.password_file == customers / "secrets" / "acme"
    assert settings.auth.private_key_file == Path("/etc/key.pem")
    assert settings.job.source == str(customers / "in" / "*.csv")
    assert settings.notify.mail[0].password_file == customers / "mail"


def test_usable_settings_have_their_paths_in_place(file: Path, customers: Path) -> None:
    """`doctor` looks at what can be used of a file with a fault, where a run would look, too."""
    own = customers / "acme.toml"
    own.write_text('[auth]\npassword_file = "p"\n[delivery]\nburst = 0\n')
    file.write_text(COMMON + "delivery.rate = 3\n")

    settings = load_usable_settings(file, {}, own)

    assert (settings.auth.password_file, settings.delivery.burst) == (customers / "p", 1)
    assert settings.delivery.rate == 3


def paths_in(model: type[BaseModel]) -> list[str]:
    """Give the settings of a section that are files or folders, by their types."""
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if {Path} & {field.annotation, *get_args(field.annotation)}
        or any(Path in get_args(each) for each in get_args(field.annotation))
    ]


def test_no_path_is_forgotten() -> None:
    """Each setting that is a path by its type is placed beside the file, and so is the source of jobs."""
    sections = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type)
    }
    shared = [("storage", "state_dir"), ("metrics", "textfile")]
    paths = [(name, key) for name, kind in sections.items() for key in paths_in(kind)]

    for section, key in [*paths, ("job", "source")]:
        placed = place_files({section: {key: "x"}}, Path("/there"))
        assert placed == {section: {key: "x" if (section, key) in shared else "/there/x"}}
    assert {("target", "ca_file"), *shared} <= {*paths}


def test_a_path_below_a_home_stays() -> None:
    """`~` names the home of the account, wherever the file is."""
    own: dict[str, Any] = {"job": {"source": "~/acme.csv"}}

    assert place_files(own, Path("/there")) == own


def test_an_origin_is_found_in_either_file(file: Path, customers: Path) -> None:
    """Words about a setting that is valid say in which file it stands."""
    load_both(file, 'auth.username = "u"\n', '[target]\nbase_url = "https://a.example"\n')

    places = [
        origin_of(name, file, customers / "acme.toml", {}) for name in ("target.base_url", "auth.username")
    ]

    assert places == [f"{customers / 'acme.toml'}, line 2", f"{file}, line 2"]


def test_names_and_other_files(file: Path, customers: Path) -> None:
    """A target is NAME.toml; hidden files, folders and what editors leave are not; bad names are told."""
    file.write_text(COMMON)
    for name in ("acme.toml", "b-2.toml", "acme.toml~", ".acme.toml.swp", ".hidden.toml", "#acme.toml#"):
        (customers / name).touch()
    for name in ("Acme.toml", "no space.toml", f"{'x' * 41}.toml", "up.TOML", "notes.txt", "acme.toml.bak"):
        (customers / name).touch()
    (customers / "folder.toml").mkdir()
    (customers / "gone.toml").symlink_to("nowhere")

    targets = find_targets(file)

    assert targets
    assert [*targets.by_name] == ["acme", "b-2", "gone"]
    assert [path.name for path in targets.misnamed] == [
        "Acme.toml",
        "no space.toml",
        "up.TOML",
        f"{'x' * 41}.toml",
    ]


@pytest.mark.usefixtures("customers")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('# first\ntargets = "none"', ", line 2: targets: {folder}/none: No such file or directory. "),
        ('targets = "customers"', ", line 1: targets: {folder}/customers: no file NAME.toml is in it. "),
        ("targets = 1", ", line 1: targets: must be the name of a folder in quotes"),
    ],
)
def test_a_folder_without_targets_is_an_error(text: str, words: str, file: Path) -> None:
    """Nobody should believe that thirty customers are served when none is."""
    file.write_text(text)

    with pytest.raises(UsageFault) as fault:
        find_targets(file)

    assert str(fault.value).startswith(f"{file}{words.format(folder=file.parent)}")


def test_it_belongs_at_the_top(file: Path) -> None:
    """Below a section's header it would be a key of that section: the error says where to write it."""
    file.write_text('[delivery]\ntargets = "customers"\n')

    with pytest.raises(UsageFault) as fault:
        load_settings(file, {})

    assert str(fault.value).endswith("write it at the top of the common file, above the first section")


def test_most_configurations_have_one(file: Path) -> None:
    """Without the setting there are no targets, nor where there is no file, or none that can be read."""
    file.write_text("[delivery]\nburst = 2\n")
    broken = file.with_name("broken.toml")
    broken.write_text("[")

    assert [find_targets(each) for each in (file, broken, None)] == [None, None, None]
