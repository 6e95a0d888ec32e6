"""The pages of the service: who is signed in, and what each address shows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from aiohttp import web

from ...run_states import JobCommand
from ...settings.serve import Role, Serve
from ..caller import Caller
from ..http.access import Access
from ..http.problem import HttpProblem
from ..http.route import Call, Entrance, Handler, HttpRoute
from ..service import Service
from .browser_sessions import PURPOSE, BrowserSessions
from .forms import FOREIGN, FORM_TYPE, check_origin, read_form
from .frame import Reader, fill, give_file, show_page, show_sign_in
from .shown import Act, Show, ask_by_form, show_first, show_job, show_one_run, stop_by_form

OURS = re.compile(r"/(?:(?:jobs|runs)/[\w-]{1,64})?")  # where a sign-in may lead
HOME = "/"
SIGN_IN = "/sign-in"
WRONG = "This access token is not known. Check it, and try again."
REFUSED = (401, 429)
NOT_IN = {401: "The token is not known.", 429: "Too many wrong tokens came from this address."}
FORM_ANSWERS = {
    303: "It is done. `Location` is the next page.",
    403: "The form is not from a page of this service, or the role does not allow it.",
    408: "The form did not arrive in time.",
    413: "The form is too long.",
    415: "This is not a form.",
}
NO_ANSWERS: Mapping[int, str] = {}
MOVED = {400: "The form lacks a field.", 404: "There is nothing here.", 409: "The run has moved."}
FIRST = "Show what waits, what works, and the last nights; with `submit` alone, the caller's own jobs."
READ: Sequence[Role] = ("read",)
BUTTONS = (
    ("apply", "Apply", ask_by_form(JobCommand.APPLY)),
    ("resume", "Resume", ask_by_form(JobCommand.RESUME)),
    ("undo", "Undo", ask_by_form(JobCommand.UNDO)),
    ("stop", "Stop", stop_by_form),
)


class PageSite:
    """Owns the sessions of browsers."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access
        self._sessions = BrowserSessions(keys=self._find_keys)
        self.routes: Sequence[HttpRoute] = (
            _page(SIGN_IN, self._ask_to_sign_in, "Show the form to sign in.", entrance=Entrance.OPEN),
            _form(SIGN_IN, self._sign_in, "Sign in with an access token.", NOT_IN, entrance=Entrance.OPEN),
            _form("/sign-out", self._sign_out, "Sign out."),
            _page("/static/{name}", self._give_file, "Send a file of the pages.", entrance=Entrance.OPEN),
            _page(HOME, self._shown(show_first), FIRST, ("read", "submit")),
            _page("/jobs/{job}", self._shown(show_job), "Show a job.", ("read", "submit")),
            _page("/runs/{run}", self._shown(show_one_run), "Show a run, and what can be done.", READ),
            *(
                _form(
                    f"/runs/{{run}}/{each}", self._pressed(act), f"{words} a run.", MOVED, roles=("approve",)
                )
                for each, words, act in BUTTONS
            ),
        )

    def _find_keys(self) -> Sequence[bytes]:
        """Return the keys of sessions that hold on several machines; none: they hold on this one."""
        fleet = self._service.targets.loaded.common.fleet
        return fleet.keys_for(PURPOSE) if fleet else ()

    def _shown(self, show: Show) -> Handler:
        """Make the handler of a page."""

        async def handle(call: Call) -> web.StreamResponse:
            return await show(call, self._reader(call.request, call.caller))

        return handle

    def _pressed(self, act: Act) -> Handler:
        """Make the handler of a button: its form must come from a page of ours."""

        async def handle(call: Call) -> web.StreamResponse:
            form = await self._read_own_form(call.request)
            return await act(call, self._reader(call.request, call.caller), form)

        return handle

    @property
    def _settings(self) -> Serve:
        return self._service.targets.loaded.serve

    @property
    def _cookie(self) -> str:
        return self._sessions.cookie_name(is_secure=self._settings.is_secure)

    def find_caller(self, request: web.Request) -> Caller | None:
        """Return who a session's cookie belongs to; None: no cookie, or it is over."""
        name = self._sessions.find(request.cookies.get(self._cookie), self._settings.tokens)
        caller = self._access.find_by_name(name) if name else None
        return replace(caller, is_session=True) if caller else None

    def turn_away(self, request: web.Request) -> web.StreamResponse:
        """Return the way to the sign-in; after a form, it leads to the page of what the form is about."""
        path = request.path if request.method == "GET" else request.path.rpartition("/")[0]
        return _go(SIGN_IN if path in ("", HOME) else f"{SIGN_IN}?to={quote(path)}")

    def show_problem(self, request: web.Request, problem: HttpProblem) -> web.StreamResponse:
        """Return the page of an error, with the status code of the problem."""
        caller, run = self.find_caller(request), request.match_info.get("run")
        more = fill("problem_of_run", run=run) if run and caller and request.method == "POST" else ""
        body = fill("problem", title=problem.title, words=f"{problem.detail}.", more=more)
        reader = self._reader(request, caller) if caller else None
        page = show_page(problem.title, body, reader, problem.status)
        page.headers.update(problem.headers)
        return page

    def _reader(self, request: web.Request, caller: Caller) -> Reader:
        form_token = self._sessions.form_token(request.cookies.get(self._cookie, ""))
        may = {"may_approve": caller.may("approve"), "may_watch": caller.may("read")}
        return Reader(caller.name, form_token, **may)

    async def _read_own_form(self, request: web.Request) -> Mapping[str, str]:
        """Return the fields of a form; raise HttpProblem where it is not from a page of ours."""
        check_origin(request, self._settings)
        form = await read_form(request)
        if not self._sessions.fits(form.get("token", ""), request.cookies.get(self._cookie)):
            raise HttpProblem(403, FOREIGN)
        return form

    async def _ask_to_sign_in(self, call: Call) -> web.StreamResponse:
        to = call.request.query.get("to", HOME)
        if self.find_caller(call.request):
            return _go(to if OURS.fullmatch(to) else HOME)
        return self._show_sign_in(call.request, to)

    def _show_sign_in(
        self, request: web.Request, to: str, problem: str | None = None, status: int = 200
    ) -> web.StreamResponse:
        """Return the page with the form; its token fits the cookie, before there is a session, too."""
        value = request.cookies.get(self._cookie) or self._sessions.new_value()
        page = show_sign_in(self._sessions.form_token(value), to, problem, status)
        self._set_cookie(page, value)
        return page

    async def _sign_in(self, call: Call) -> web.StreamResponse:
        request = call.request
        form = await self._read_own_form(request)
        to = form.get("to", HOME)
        try:
            caller = self._access.check_token(form.get("secret", "").strip(), request)
        except HttpProblem as found:
            if found.status not in REFUSED:
                raise
            words = WRONG if found.status == REFUSED[0] else f"{found.detail}."
            return self._show_sign_in(request, to, words, found.status)
        token = self._settings.tokens[caller.name]
        self._sessions.end(request.cookies.get(self._cookie))
        answer = _go(to if OURS.fullmatch(to) else HOME)
        seconds = self._settings.session
        self._set_cookie(answer, self._sessions.begin(caller.name, token.sha256, seconds))
        return answer

    async def _sign_out(self, call: Call) -> web.StreamResponse:
        await self._read_own_form(call.request)
        self._sessions.end(call.request.cookies.get(self._cookie))
        answer = _go(SIGN_IN)
        self._set_cookie(answer, "", max_age=0)
        return answer

    async def _give_file(self, call: Call) -> web.StreamResponse:
        found = give_file(call.request.match_info["name"])
        if found is None:
            raise HttpProblem(404, "There is nothing at this address")
        return found

    def _set_cookie(self, answer: web.Response, value: str, max_age: int | None = None) -> None:
        """Set the cookie: it goes when the browser is closed, and no script can read it."""
        secure = self._settings.is_secure
        answer.set_cookie(
            self._cookie, value, path="/", secure=secure, httponly=True, samesite="Lax", max_age=max_age
        )


def _go(to: str) -> web.Response:
    return web.Response(status=303, headers={"Location": to})


def _page(
    path: str,
    handler: Handler,
    summary: str,
    roles: Sequence[Role] = (),
    *,
    entrance: Entrance = Entrance.PAGE,
) -> HttpRoute:
    return HttpRoute(
        method="GET",
        path=path,
        handler=handler,
        entrance=entrance,
        roles=roles,
        summary=summary,
        answers={200: "The page."} | ({404: "There is nothing here."} if "{" in path else {}),
        gives="text/html",
    )


def _form(
    path: str,
    handler: Handler,
    summary: str,
    answers: Mapping[int, str] = NO_ANSWERS,
    *,
    roles: Sequence[Role] = (),
    entrance: Entrance = Entrance.PAGE,
) -> HttpRoute:
    return HttpRoute(
        method="POST",
        path=path,
        handler=handler,
        entrance=entrance,
        roles=roles,
        summary=summary,
        answers={**FORM_ANSWERS, **answers},
        takes=[FORM_TYPE],
        gives="text/html",
    )
