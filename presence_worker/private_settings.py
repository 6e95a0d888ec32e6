"""Settings whose values are not printed: secrets, and words that can be reasons of absence."""

from collections.abc import Iterator, Sequence

from .wording import series

SECRETS = (  # of `auth`
    "password",
    "ticket",
    "token",
    "client_secret",
    "refresh_token",
    "system_user_token",
    "app_token",
    "xsrf_token",
    "cookie",
)
ABSENCE = ("default_message", "message_template", "only", "statuses")  # of `input`
ADDRESSES = ("target.base_url", "target.proxy", "auth.login_url")  # a user and a password can stand in them
CHANNELS = (  # whole lists and values with secrets
    "notify.mail",
    "notify.webhook",
    "notify.ping",
    "notify.command",
    "serve.tokens",
    "serve.webhook_secret",
    "fleet.database",
)
SET = "--set"
READING = ("run", "plan", "check")  # commands that read a job


def is_of_absence(name: str) -> bool:
    """Return whether the value of a setting, such as "input.statuses", can be a reason of absence."""
    section, _, key = name.partition(".")
    return section == "input" and key in ABSENCE


def is_address_alone(text: str) -> bool:
    """Return whether an address is host and path alone: no user, password, query or fragment."""
    return not set("@?#") & set(text)


def may_print(setting: str) -> bool:
    """Return whether SECTION.KEY=VALUE may be printed."""
    name, _, value = setting.partition("=")
    section, _, key = name.strip().partition(".")
    if is_of_absence(name.strip()) or name.strip() in CHANNELS or (section == "auth" and key in SECRETS):
        return False
    return name.strip() not in ADDRESSES or is_address_alone(value)


def find_withheld(settings: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the settings SECTION.KEY=VALUE that no command repeats."""
    names = (each.partition("=")[0].strip() for each in settings)
    return tuple(dict.fromkeys(filter(is_of_absence, names)))


def settings_in(arguments: Sequence[str]) -> Iterator[str]:
    """Yield what each `--set` of a command line sets."""
    before = ""
    for word in arguments:
        name, separator, text = word.partition("=")
        if before == SET:
            yield word
        elif name == SET and separator:
            yield text
        before = "" if before == SET else word


def explain_withheld(names: Sequence[str], command: str) -> str:
    """Return what a person has to add to a *command* that reads a job again; "" for nothing."""
    if not names or command not in READING:
        return ""
    options = series([f"{SET} {name}" for name in names], "and")
    return f"Add {options} to the next command. Values that can be reasons of absence are not printed"
