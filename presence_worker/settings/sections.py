"""What the operator decides: every setting with its default and its unit."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ..date_formats import DateFormat
from ..model import NOT_PRESENT, PRESENT
from ..operator_files import state_home
from ..private_settings import SECRETS
from .fleet import Fleet
from .notify import Notify
from .section import Section
from .serve import Serve
from .value_types import (
    Accept,
    AnyLimit,
    AssociateId,
    ContentType,
    CronTimes,
    Deadline,
    Delimiter,
    Encoding,
    HeaderValue,
    HomePath,
    Language,
    Limit,
    LimitOrLimits,
    Meaning,
    Message,
    MessageTemplate,
    Seconds,
    SecondsOrNever,
    SecondsOrNone,
    Status,
    Tenant,
    Values,
    Zone,
)

MAX_CHANGES = Limit(count=500, percent=50)
NOWHERE = Path("~")  # as storage.state_dir: it is not set, and the user has no home of their own
ANY_OTHER = "*"  # as a key of input.statuses: all values that are not known otherwise


class Target(Section):
    """Which SuperOffice."""

    base_url: str | None = None  # root, with or without /api and /api/v1
    tenant: Tenant | None = None  # CustNNNNN, Online only
    environment: Literal["online", "qaonline", "sod"] = "online"
    ca_file: Path | None = None  # PEM with the authority that signed the server's certificate
    proxy: str | None = None  # http://host:port
    verify_reads: bool = True  # read a presence back when the answer to its PUT was lost
    allow_http: bool = False  # send credentials over plain http to another machine


class Auth(Section):
    """As whom."""

    scheme: Literal["basic", "soticket", "bearer", "oauth", "system-user", "xsrf", "ntlm"] = "basic"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ticket: SecretStr | None = None
    ticket_file: Path | None = None
    token: SecretStr | None = None
    token_file: Path | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    refresh_token: SecretStr | None = None
    refresh_token_file: Path | None = None
    system_user_token: SecretStr | None = None
    system_user_token_file: Path | None = None
    private_key_file: Path | None = None
    app_token: SecretStr | None = None
    app_token_file: Path | None = None
    xsrf_token: SecretStr | None = None
    xsrf_token_file: Path | None = None
    cookie: SecretStr | None = None
    cookie_file: Path | None = None
    login_url: str | None = None

    @model_validator(mode="after")
    def _one_source_each(self) -> "Auth":
        twice = [name for name in SECRETS if getattr(self, name) and getattr(self, f"{name}_file")]
        if twice:
            raise ValueError(", ".join(f"{name} and {name}_file are both set; keep one" for name in twice))
        return self


class Input(Section):
    """How to understand the job."""

    associate_id: str | None = None  # column names; without them, their usual names are recognised
    login: str | None = None
    email: str | None = None
    status: str | None = None
    message: str | None = None
    from_: str | None = None  # the first day on which a row is due; "": the file has none
    until: str | None = None  # the last one, or the first day back; "": the file has none
    until_means: Literal["last_day", "first_day_back"] | None = None  # None: the column's name says it
    only: dict[str, Values] = {}  # column: values of the rows that count; the others are left out
    unused: list[str] = []  # columns that are knowingly not used
    format: Literal["auto", "csv", "json", "jsonl", "xlsx"] = "auto"
    rows: str | None = None  # of JSON: the dotted path to the rows; None: the only array of objects
    sheet: str | None = None  # of a workbook, or a pattern; None: the only one with the columns we need
    hidden_rows: Literal["refuse", "read", "skip"] = "refuse"  # of a workbook
    delimiter: Delimiter = None  # None: the one that fits the header
    skip_lines: int = Field(0, ge=0)  # lines above the header
    comment: str | None = Field(None, min_length=1)  # lines that begin with it are left out
    encoding: Encoding = None  # None: by the rule
    empty: list[str] = ["NULL", "\\N", "NaN", "nan"]  # cells that mean nothing
    statuses: dict[str, Meaning] = {}  # value in the file ("*": any other): status, "ignore", "withdrawn"
    default_status: Status | None = None  # of all rows of a file without a status column
    allowed_statuses: list[Status] = [PRESENT, NOT_PRESENT]
    default_message: Message = ""  # for who is not present and has no message
    message_template: MessageTemplate = None  # the message made of columns and dates
    locale: Language = "en"  # of the names of months and days in it
    date_format: DateFormat = None  # one or a list; None: ISO 8601 alone
    timezone: Zone = None  # in which a day begins and ends; None: this machine's
    max_age: SecondsOrNever = None  # since the file's last change; an older one is refused
    coverage: Literal["changes", "everyone"] | None = None  # of a file with future dates
    on_conflict: Literal["invalid", "last", "first"] = "invalid"
    unknown_people: Literal["invalid", "skip"] = "invalid"


class Delivery(Section):
    """How fast, how often, how long."""

    rate: float = Field(10.0, gt=0, le=1_000_000, allow_inf_nan=False)  # requests per second, all together
    burst: int = Field(1, ge=1)  # requests that may go at once after a rest
    concurrency: int = Field(8, ge=1, le=1024)  # requests in flight
    adaptive: bool = True  # slow down when SuperOffice asks for it
    attempts: int = Field(6, ge=1)  # tries of a row for its own trouble
    connect_timeout: Seconds = 5.0
    read_timeout: Seconds = 15.0  # between two pieces of an answer
    total_timeout: Seconds = 30.0  # one try, all in all
    backoff_base: SecondsOrNone = 0.5
    backoff_max: SecondsOrNone = 30.0
    retry_after_max: SecondsOrNone = 300.0
    outage_patience: SecondsOrNone = 1200.0  # without a single useful answer
    probe_interval: Seconds = 2.0  # while SuperOffice does not answer; grows to 60 s
    drain: SecondsOrNone = 20.0  # for requests in flight when the run must stop
    deadline: Deadline = None
    read_before: Literal["auto", "each", "query", "off"] = "auto"
    verify: Literal["off", "sample", "all"] = "off"  # updated rows to read back after their confirmation
    content_type: ContentType = "application/json"
    accept: Accept = "application/json"
    headers: dict[Literal["Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone"], HeaderValue] = {}


class Safety(Section):
    """When not to go on."""

    max_changes: LimitOrLimits = MAX_CHANGES  # PUTs of a run; or a table, status: limit
    max_invalid: AnyLimit = Limit(percent=10)
    max_failures: AnyLimit = Limit(percent=20)
    percent_floor: int = Field(5, ge=0)  # rows a percentage needs to trip
    protected_ids: list[AssociateId] = []
    max_resume_age: Seconds = 86400.0
    strict: bool = False  # hold a job that looks very different from the last one


def _default_state_dir() -> Path:
    return state_home() or NOWHERE


class Storage(Section):
    """Where runs are kept, and for how long."""

    state_dir: HomePath = Field(default_factory=_default_state_dir)
    keep: Seconds = 90 * 86400.0


class Report(Section):
    """What reports contain."""

    include_messages: bool = False
    expected_every: SecondsOrNever = None  # a job must finish so often; None: no check


class Metrics(Section):
    """Where figures for a monitoring system go."""

    textfile: HomePath | None = None  # for the textfile collector of Prometheus' node exporter


class JobSettings(Section):
    """Which file a run takes that names none, and when."""

    source: str | None = None  # a file, or a pattern: the newest match counts
    at: CronTimes = []  # five cron fields each; `serve` and `worker` use it
    timezone: Zone = None  # of these times; None: this machine's
    catch_up: SecondsOrNone = 12 * 3600.0  # a missed time is made good within this


class Settings(BaseModel):
    """All settings of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    target: Target = Target()
    auth: Auth = Auth()
    input: Input = Input()
    delivery: Delivery = Delivery()
    safety: Safety = Safety()
    storage: Storage = Field(default_factory=Storage)
    report: Report = Report()
    notify: Notify = Notify()
    metrics: Metrics = Metrics()
    job: JobSettings = JobSettings()
    serve: Serve = Serve()
    fleet: Fleet = Fleet()


SECTIONS: dict[str, type[Section]] = {  # by the names of the tables
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}
