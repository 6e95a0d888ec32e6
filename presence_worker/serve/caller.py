"""Who calls the service, and what they may do there."""

from dataclasses import dataclass

from ..settings.serve import Role

SIGNED = "signed webhook"  # who hands in a job with a signature; no token can have this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The owner of a token, session or signature that was right."""

    name: str  # of the token
    roles: frozenset[Role]
    targets: frozenset[str] | None = None  # their names; None: all
    is_session: bool = False  # a browser's cookie, in place of the token itself

    def may(self, *roles: Role) -> bool:
        """Return whether the caller has one of the *roles*; with none named, everybody may."""
        return not roles or not self.roles.isdisjoint(roles)

    def may_use(self, target: str) -> bool:
        """Return whether the caller may know of a target, its jobs and its runs."""
        return self.targets is None or target in self.targets


UNNAMED = Caller(name="", roles=frozenset(), targets=frozenset())
SIGNED_CALLER = Caller(name=SIGNED, roles=frozenset({"submit"}))
