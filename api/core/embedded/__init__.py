"""The embedded PostgreSQL server of a home folder.

Starts, shares, recovers and stops one server per home on the loopback address, from the binaries
of the wheel. Knows nothing of the application's databases, roles or tables.
"""

from api.core.embedded.cluster import Server
from api.core.embedded.places import prepare_home
from api.core.embedded.problems import EmbeddedDatabaseError
from api.core.embedded.sharing import discard_server, embedded_server, running_server

__all__ = [
    "EmbeddedDatabaseError",
    "Server",
    "discard_server",
    "embedded_server",
    "prepare_home",
    "running_server",
]
