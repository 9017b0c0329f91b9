"""A starter set of RACI defaults, for the functions of an organisation that bear a name of the starter functions."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from governance.models import Organisation, Position, User
from governance.starter_texts import Starter, starters
from registry.filters import RISK_GROUPS
from registry.models import Letter, RaciDefault
from registry.raci_defaults import add_default


def starters_for(organisation: Organisation) -> list[Starter]:
    """The starter defaults that the organisation does not have and could have; each with its `position` and `name`.

    Left out are those of functions that are not there, and an Accountable where one is named already.
    """
    functions = _functions_by_code(organisation)
    own = RaciDefault.objects.filter(organisation=organisation, phase=None)
    held = set(own.values_list("position", "letter", "risk_group"))
    answered = {group for _position, letter, group in held if letter == Letter.ACCOUNTABLE}
    found: list[Starter] = []
    for entry in starters("raci"):
        position, letter, group = functions.get(entry["function"]), entry["letter"], entry["risk_group"]
        if position is None or (position.pk, letter, group) in held:
            continue
        if letter == Letter.ACCOUNTABLE and group in answered:
            continue
        name = f"{position} – {Letter(letter).label}"
        if group:
            name = _("%(what)s (only for: %(group)s)") % {"what": name, "group": dict(RISK_GROUPS)[group]}
        found.append({**entry, "position": position, "name": {"nl": name}})
    return found


def _functions_by_code(organisation: Organisation) -> dict[str, Position]:
    """Code of a starter function → the function of that name, in either language, here or else nearest above."""
    codes = {text.casefold(): entry["code"] for entry in starters("positions") for text in entry["name"].values()}
    functions = Position.objects.in_force().filter(organisation__in=organisation.above)
    nearest_last = functions.select_related("organisation").order_by("organisation__path", "pk")
    return {codes[name]: position for position in nearest_last if (name := position.name.casefold()) in codes}


def take_over(organisation: Organisation, codes: Iterable[str], *, by: User) -> list[RaciDefault]:
    """Adds the chosen starter defaults; what is there already, or cannot be here, is passed over.

    Raises `ValidationError` as `add_default` does.
    """
    chosen = set(codes)
    with transaction.atomic():
        return [
            add_default(organisation, entry["position"], entry["letter"], risk_group=entry["risk_group"], by=by)
            for entry in starters_for(organisation)
            if entry["code"] in chosen
        ]
