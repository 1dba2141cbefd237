"""Rounds over HTTP: opening them, the deeds of the ceremony, substitutions, and what they are shown as."""

from suicha_draw.rounds.api.approving import api as approving
from suicha_draw.rounds.api.ceremony import api as ceremony
from suicha_draw.rounds.api.exporting import api as exporting
from suicha_draw.rounds.api.lots import api as lots
from suicha_draw.rounds.api.opening import api as opening
from suicha_draw.rounds.api.reading import api as reading
from suicha_draw.rounds.api.substituting import api as substituting

ROUTERS = (opening, approving, exporting, ceremony, lots, substituting, reading)
