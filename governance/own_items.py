"""An organisation's own requirements and measures, beside those of the framework.

`fields` of the verbs are those of the model: texts, `sources`, `facts`, `law`, dates, and as lists the linked `topics`,
`phases`, `disciplines` and, of a measure, `requirements`. An own requirement has no values on the axes of the AI Act:
it holds wherever its facts hold.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import CatalogueItem, CatalogueRevision, Fact, Measure, Organisation, Requirement, User

after_change: list[Callable[[CatalogueItem], None]] = []
"""Called with each own item that was added, revised or withdrawn, in the transaction of the change."""

URN_KIND: dict[type[CatalogueItem], str] = {Requirement: "ver", Measure: "mtr"}

BOOKKEEPING = {"id", "urn", "organisation", "release", "withdrawn_in", "withdrawn_on", "revision"}
"""Columns that are not part of how an item reads."""


def add_requirement(organisation: Organisation, fields: Mapping[str, Any], by: User | None) -> Requirement:
    """A new requirement of the organisation, `urn:nl:<organisation>:ver:<number>`.

    Raises `ValidationError` naming the fields, and `PermissionDenied`.
    """
    return _add(Requirement(organisation=organisation), fields, by)


def add_measure(organisation: Organisation, fields: Mapping[str, Any], by: User | None) -> Measure:
    """A new measure of the organisation, `urn:nl:<organisation>:mtr:<number>`; raises as `add_requirement`."""
    return _add(Measure(organisation=organisation), fields, by)


def revise_item(item: Any, fields: Mapping[str, Any], by: User | None, *, seen: int | None = None) -> Any:
    """The item with these fields changed, as a new revision; how it read before is kept.

    `seen` is the revision the person saw, that of `item` unless given; raises `Conflict` when it is no longer the
    current one, `ValidationError` naming the fields, and `PermissionDenied`.
    """
    with transaction.atomic():
        fresh = _held(item, by)
        if fresh.revision != (item.revision if seen is None else seen):
            raise Conflict(fresh)
        changes = audit_trail.changes_between(_read(fresh, fields), _read(fresh, fields, wanted=True))
        if changes:
            _keep_revision(fresh)
            _write(fresh, fields)
            _finish("revised", fresh, changes)
    return fresh


def withdraw_item(item: Any, by: User | None) -> Any:
    """The item, withdrawn from now on: it stays where it is in use and is offered nowhere else.

    Raises `ValidationError` when it was withdrawn already, and `PermissionDenied`.
    """
    with transaction.atomic():
        fresh = _held(item, by)
        _keep_revision(fresh)
        fresh.withdrawn_on = clock.now()
        fresh.save(update_fields=["withdrawn_on", "revision"])
        _finish("withdrawn", fresh, {"withdrawn_on": [None, fresh.withdrawn_on.isoformat()]})
    return fresh


def _add(item: Any, fields: Mapping[str, Any], by: User | None) -> Any:
    kind = item._meta.model_name
    if by is not None and not by.has_perm(f"governance.add_{kind}", item.organisation):
        raise PermissionDenied
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=item.organisation.pk)  # one number at a time
        _name(item)
        _write(item, fields)
        _finish("added", item, audit_trail.changes_between({}, _read(item, fields, wanted=True)))
    return item


def _name(item: Any) -> None:
    """Gives the item the next free number of its organisation, in its URN and slug."""
    organisation, kind = item.organisation.slug, URN_KIND[type(item)]
    stem = f"urn:nl:{organisation}:{kind}:"
    endings = (
        urn.removeprefix(stem) for urn in type(item).objects.filter(urn__startswith=stem).values_list("urn", flat=True)
    )
    number = 1 + max((int(ending) for ending in endings if ending.isdecimal()), default=0)
    item.urn, item.slug = f"{stem}{number:02}", f"{organisation}-{kind}-{number:02}"


def _held(item: Any, by: User | None) -> Any:
    """The item as it is stored, locked until the end of the transaction."""
    fresh = type(item).objects.select_for_update().get(pk=item.pk)
    if fresh.organisation is None:
        raise ValidationError(_("An item of the framework is changed by importing a release only."))
    if by is not None and not by.has_perm(f"governance.change_{fresh._meta.model_name}", fresh):
        raise PermissionDenied
    if fresh.is_withdrawn:
        raise ValidationError(_("This item has been withdrawn and can no longer be changed."))
    return fresh


def _links(item: Any) -> set[str]:
    return {field.name for field in item._meta.many_to_many}


def _read(item: Any, fields: Mapping[str, Any], *, wanted: bool = False) -> dict[str, Any]:
    """The values of these fields as they are, or as `fields` wants them; links as lists of slugs, of items as URNs."""
    linked = _links(item)
    values = {name: fields[name] if wanted else _stored(item, name) for name in fields}
    return {
        name: sorted(getattr(row, "urn", row.slug) for row in value) if name in linked else value
        for name, value in values.items()
    }


def _stored(item: Any, name: str) -> Any:
    return getattr(item, name).all() if name in _links(item) else getattr(item, name)


def _write(item: Any, fields: Mapping[str, Any]) -> None:
    """Checks and saves the item with these fields. Raises `ValidationError` naming them."""
    linked = {name: list(fields[name]) for name in fields if name in _links(item)}
    for name in fields.keys() - linked.keys():
        setattr(item, name, fields[name])
    item.full_clean()
    if set(item.facts) - set(Fact.values):
        raise ValidationError({"facts": _("Choose from the facts: %(facts)s.") % {"facts": ", ".join(Fact.values)}})
    _check_requirements(item, linked.get("requirements", []))
    item.save()
    for name, rows in linked.items():
        getattr(item, name).set(rows)


def _check_requirements(measure: Any, requirements: list[Requirement]) -> None:
    """A measure serves requirements of the framework, of its organisation, or of one above it."""
    usable = set(Requirement.objects.for_organisation(measure.organisation).values_list("pk", flat=True))
    foreign = [requirement for requirement in requirements if requirement.pk not in usable]
    if foreign:
        sentence = _("%(requirement)s is not a requirement of the framework or of this organisation.")
        raise ValidationError({"requirements": sentence % {"requirement": foreign[0].slug}})


def _keep_revision(item: Any) -> None:
    """Keeps how the item reads now, as importing a release does, and counts on."""
    columns = {field.name for field in item._meta.concrete_fields} - BOOKKEEPING
    content = _read(item, dict.fromkeys([*sorted(columns), *sorted(_links(item))]))
    if "law" in content:
        content["law"] = content["law"].slug if content["law"] else ""
    content = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
    CatalogueRevision.objects.create(urn=item.urn, number=item.revision, release=item.release, content=content)
    item.revision += 1


def _finish(done: str, item: Any, changes: Mapping[str, Any]) -> None:
    audit_trail.record(f"{item._meta.model_name}.{done}", item, changes, label=f"{item.slug} {item.title_nl}")
    for react in after_change:
        react(item)
