"""Who may do what with a round, and what every deed may be refused for."""

from typing import Annotated

from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound
from suicha_chassis.routes import requires
from suicha_contracts.roles import Permission

Reader = Annotated[Caller, requires(Permission.ROUND_READ)]
Operator = Annotated[Caller, requires(Permission.ROUND_OPERATE)]
Attesting = Annotated[Caller, requires(Permission.ROUND_ATTEST)]
Party = Annotated[Caller, requires(Permission.ROUND_CONTRIBUTE)]
Either = Annotated[Caller, requires(Permission.ROUND_OPERATE, Permission.ROUND_WITNESS)]
DEED = (NotFound, Conflict)
