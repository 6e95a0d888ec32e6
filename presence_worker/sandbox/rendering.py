"""An answer as bytes: in the form that was asked for, errors in the shape that is switched on."""

from .bodies import JSON, WRITERS, is_xml, wanted_type
from .replies import Reply
from .shapes import shaped
from .unknowns import Unknowns


def rendered(reply: Reply, accept: str, unknowns: Unknowns) -> tuple[bytes, str]:
    """Give the body of an answer, and its Content-Type."""
    media = wanted_type(accept)
    value, root = reply.value, reply.root
    if reply.problem is not None:
        value, root = shaped(reply.problem, unknowns.error_shape)
    if isinstance(value, bytes):
        return value, "text/html; charset=utf-8"
    if (root is None or unknowns.xml == "off") and is_xml(media):
        media = JSON
    return WRITERS[media](value, root or ""), f"{media}; charset=utf-8"
