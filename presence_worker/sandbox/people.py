"""Who exists in the sandbox, and the presence each of them has."""

from ..model import PRESENT, Presence

AS_THEY_COME = Presence(status=PRESENT, message="")


class People:
    """Owns the presences of associates 1 to *count*, in memory only.

    Everybody is present until told otherwise, so only those who were changed take room.
    """

    def __init__(self, count: int = 1000) -> None:
        self.count = count
        self._changed: dict[int, Presence] = {}

    def __contains__(self, associate_id: int) -> bool:
        return 1 <= associate_id <= self.count

    def presence(self, associate_id: int) -> Presence:
        """Give what is stored of an associate; raise KeyError for one who does not exist."""
        if associate_id not in self:
            raise KeyError(associate_id)
        return self._changed.get(associate_id, AS_THEY_COME)

    def set_presence(self, associate_id: int, presence: Presence) -> None:
        """Store the presence of an associate; raise KeyError for one who does not exist."""
        if associate_id not in self:
            raise KeyError(associate_id)
        self._changed[associate_id] = presence
