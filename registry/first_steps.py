"""What a new organisation arranges first, and how far it is with that."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Knowledge, Membership, Objective, Organisation, PolicyVersion, Position, User
from governance.positions import responsible
from registry.models import Algorithm, RaciDefault

MANAGERS_NEEDED = 2
"""Nobody adopts a text of which they are the only author."""


@dataclass(frozen=True)
class Step:
    text: str
    address: str
    """Where it is taken; empty for who cannot go there."""
    is_done: bool


def first_steps(organisation: Organisation, user: User) -> list[Step]:
    """The steps in their order; none for a department, for who does not arrange the organisation, or once all are done.

    What organisations above arranged counts here too, as it holds here.
    """
    is_department = organisation.kind == Organisation.Kind.DEPARTMENT
    if is_department or not user.has_perm("governance.arrange_positions", organisation):
        return []
    above = {"organisation__in": organisation.above}
    adopted = PolicyVersion.objects.filter(
        policy__organisation__in=organisation.above, status=PolicyVersion.Status.ADOPTED
    )
    done = Organisation.objects.values(
        has_functions=Exists(Position.objects.in_force().filter(**above)),
        has_letters=Exists(RaciDefault.objects.filter(**above)),
        has_policy=Exists(adopted),
        has_values=Exists(Objective.objects.in_force().filter(**above)),
        has_knowledge=Exists(Knowledge.objects.in_force().filter(**above)),
        has_algorithm=Exists(Algorithm.objects.filter(organisation__path__startswith=organisation.path)),
    ).get(pk=organisation.pk)
    managers = organisation.people([Membership.Role.MANAGER]).count()
    there: Any = {
        name: reverse(name, args=[organisation.slug])
        for name in ("positions", "members", "raci-defaults", "policies", "objectives", "literacy")
    }
    to_people = there["members"] if user.has_perm("governance.manage_members", organisation) else ""
    steps = [
        Step(_("Name the functions that work with algorithms"), there["positions"], done["has_functions"]),
        Step(
            _("Say who is responsible for algorithm governance"),
            there["positions"],
            bool(responsible(organisation).holders),
        ),
        Step(_("Have two managers, as nobody adopts what they wrote alone"), to_people, managers >= MANAGERS_NEEDED),
        Step(_("Say which function usually has which letter (RACI)"), there["raci-defaults"], done["has_letters"]),
        Step(_("Adopt a first policy"), there["policies"], done["has_policy"]),
        Step(_("Choose the public values that count here"), there["objectives"], done["has_values"]),
        Step(_("Say what people have to know (AI literacy)"), there["literacy"], done["has_knowledge"]),
        Step(_("Register a first algorithm"), reverse("algorithms"), done["has_algorithm"]),
    ]
    return [] if all(step.is_done for step in steps) else steps
