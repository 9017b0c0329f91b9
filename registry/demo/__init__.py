"""The demo organisation: a municipality that does not exist, built from `fixtures/demo` through the verbs of the pages.

Every step is taken on behalf of the person whom the file names, so that the audit trail shows who did what. Days in
the files (`due`, `review_date`) count from today.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.models import LifecyclePhase, Membership, Organisation, Requirement
from governance.own_items import add_measure, add_requirement
from registry.classifying import current_tree
from registry.compliance import counted_once
from registry.demo import history, people
from registry.demo.algorithms import build
from registry.demo.cast import FOLDER, Cast, DemoError, explained, read
from registry.demo.comments import add_comments
from registry.demo.evidence import add_evidence
from registry.demo.gates import add_gates
from registry.demo.intake import add_intake
from registry.demo.notifications import leave_the_latest_unread
from registry.demo.organisation_level import build_organisation_level
from registry.demo.organisations import PASSWORD, add_organisations, add_people, own_fields
from registry.demo.oversight import add_oversight
from registry.demo.policies import add_policies
from registry.demo.responsibilities import add_responsibilities
from registry.demo.use import add_use

__all__ = ["PASSWORD", "Account", "DemoError", "accounts", "is_loaded", "load"]

THERE_SINCE = timedelta(days=4 * 365)
"""How long the organisations and their people have been there, so that what they did earlier can be told."""
BEFORE_ALGORITHMS: list[Callable[[Cast], None]] = [people.arrange]
"""What is built of the organisation before its algorithms are there, each part from a file of its own."""

AFTER_ALGORITHMS: list[Callable[[Cast], None]] = [
    add_policies,
    people.serve,
    build_organisation_level,
    add_responsibilities,
    add_gates,
    add_intake,
    add_use,
    add_evidence,
    add_oversight,
    add_comments,
    leave_the_latest_unread,
]
"""What is built when the algorithms are there."""


@dataclass(frozen=True)
class Account:
    role: Membership.Role
    organisation: str
    name: str
    email: str


def accounts() -> list[Account]:
    """An account for each kind of user, with `PASSWORD`, which is the password of their colleagues too."""
    content = read(FOLDER / "organisations.yaml")
    names = {organisation["slug"]: organisation["name"] for organisation in content["organisations"]}
    return [
        Account(Membership.Role(person["role"]), names[person["organisation"]], person["name"], person["email"])
        for person in content["people"].values()
    ]


def is_loaded() -> bool:
    slugs = [organisation["slug"] for organisation in read(FOLDER / "organisations.yaml")["organisations"]]
    return Organisation.objects.filter(slug__in=slugs).exists()


def load() -> None:
    """Builds the demo organisations, their people, algorithms and work. Raises `DemoError`, with nothing built."""
    if not LifecyclePhase.objects.exists() or not Requirement.objects.exists():
        raise DemoError(_("The catalogue is empty. Run `manage.py load_catalogue` first."))
    tree = current_tree()
    if tree is None:
        raise DemoError(_("There is no decision tree yet. Run `manage.py import_decision_tree` first."))
    path = FOLDER / "organisations.yaml"
    content = read(path)
    with transaction.atomic(), counted_once():
        long_ago = clock.now() - THERE_SINCE
        told = explained(path, _("organisations and people"))
        with clock.at(long_ago), audit_trail.acting(None, "command"), told:
            organisations = add_organisations(content["organisations"])
            people = add_people(content["people"] | content["colleagues"], organisations)
        cast = Cast(organisations, people, {phase.slug: phase for phase in LifecyclePhase.objects.all()}, tree)
        for add, entries in ((add_requirement, "own_requirements"), (add_measure, "own_measures")):
            for entry in content[entries]:
                with explained(path, entry["title_nl"]), cast.acting(entry) as (by, fields):
                    add(organisations[entry["organisation"]], own_fields(fields), by)
        for part in BEFORE_ALGORITHMS:
            part(cast)
        for path in sorted((FOLDER / "algorithms").glob("*.yaml")):
            for entry in read(path):
                with explained(path, entry["fields"]["name"]):
                    build(history.told(entry), cast)
        for part in AFTER_ALGORITHMS:
            part(cast)
