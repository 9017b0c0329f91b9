"""The report of an organisation: how it deals with algorithms, and how far its algorithms are, with what is below it.

For who may see the organisation, and so all that is below it. Who may not see the organisation
above it that arranges phase 0, gets the figures of that one and no names.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock, maturity, organisation_level, overview
from governance.models import Objective, Organisation, PolicyVersion, Requirement, RoleAssignment, User
from governance.positions import responsible
from governance.reports import Document, Grid, Part, Report
from registry import compliance
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    Evaluation,
    Finding,
    Incident,
    RequirementAssessment,
    Responsibility,
    Risk,
)
from registry.templatetags.registry import risk_group_name

LISTED = 500
"""How many algorithms are listed by name; with more, the table of algorithms has them all."""


def organisation_report(organisation: Organisation, reader: User) -> Document:
    now = clock.now()
    algorithms = Algorithm.objects.within(organisation)
    sees_accountable = reader.has_perm("governance.view_organisation", organisation.accountable())
    return Document(
        title=_("Report on algorithm governance"),
        subtitle=organisation.name,
        moment=now,
        made=now,
        made_by=reader,
        filter=_("%(name)s and everything below it") % {"name": organisation.name},
        parts=[
            _governance(organisation),
            _policies(organisation),
            _functions(organisation),
            _phase_zero(organisation, with_names=sees_accountable),
            *([_maturity(organisation)] if sees_accountable else []),
            _figures(algorithms),
            *_compliance(organisation),
            _attention(organisation),
            _findings(organisation),
            _vacancies(algorithms),
            _algorithms(algorithms),
        ],
    )


def _of(number: int, total: int) -> str:
    return _("%(n)s of %(total)s") % {"n": number, "total": total}


# How the organisation deals with algorithms


def _governance(organisation: Organisation) -> Part:
    who = responsible(organisation)
    objectives = Objective.objects.in_force().filter(organisation__in=organisation.above)
    holders = [f"{row.person} ({row.position.name}, {row.position.organisation})" for row in who.holders]
    return Part(
        _("Governance"),
        facts=[
            (_("Kind"), organisation.get_kind_display()),
            (_("Official identifier"), organisation.identifier),
            (_("Holds algorithm governance"), holders or _("nobody")),
            (_("Stands in"), [str(row.person) for row in who.deputies]),
            (_("Public values and objectives"), [str(objective) for objective in objectives]),
        ],
    )


def _policies(organisation: Organisation) -> Part:
    found = overview.policies(organisation)
    rows = []
    prefetch_related_objects(found.in_force, Prefetch("versions", PolicyVersion.objects.defer("body")))
    for policy in found.in_force:
        version = policy.version_in_force
        number, since, authority, review = (
            (version.number, version.in_force_from, version.authority, version.review_date) if version else [None] * 4
        )
        rows.append([policy.title, policy.get_kind_display(), policy.organisation, number, since, authority, review])
    columns = [_("Policy"), _("Kind"), _("Of"), _("Version"), _("In force since"), _("On whose authority")]
    return Part(
        _("Policies in force"),
        facts=[
            (_("Topics without a policy"), ", ".join(str(topic) for topic in found.missing)),
            (_("Review date passed"), len(found.due)),
            (_("In preparation"), found.in_preparation),
        ],
        grids=[Grid(_("Policies in force"), [*columns, _("Review date")], rows, _("No policy is in force."))],
    )


def _functions(organisation: Organisation) -> Part:
    held = RoleAssignment.objects.filling().filter(position__organisation=organisation, position__ended=None)
    rows = [
        [row.position.name, row.person, _("stands in") if row.is_deputy else _("holds it"), row.since, row.until]
        for row in held.select_related("position", "person").order_by("position__name", "is_deputy", "pk")
    ]
    vacant = overview.vacant_functions(organisation)
    return Part(
        _("Functions"),
        facts=[(_("Vacant"), ", ".join(position.name for position in vacant))],
        grids=[
            Grid(
                _("Who holds which function"),
                [_("Function"), _("Person"), _("How"), _("Since"), _("Until")],
                rows,
                _("Nobody holds a function."),
            )
        ],
    )


def _phase_zero(organisation: Organisation, *, with_names: bool) -> Part:
    """`with_names`: with the people and their due dates, for who sees the organisation that arranges it."""
    accountable = organisation.accountable()
    standing = organisation_level.standing(accountable)
    rows, _set_aside = organisation_level.requirement_rows(accountable)
    columns, people = [_("Requirement"), _("Status")], ("claimed_by", "verified_by", "assignee", "due")
    if with_names:
        columns += [_("Claimed by"), _("Verified by"), _("Assigned to"), _("Due date")]
    cells = [
        [
            f"{row.item.code} {row.item.title}",
            row.work.get_status_display() if row.work else _("Open"),
            *(getattr(row.work, name, None) for name in people if with_names),
        ]
        for row in rows
    ]
    return Part(
        _("Arranged once for all algorithms (phase 0)"),
        lead="" if accountable == organisation else _("Arranged by %(organisation)s.") % {"organisation": accountable},
        facts=[
            (_("Requirements claimed met"), _of(standing.claimed, standing.requirements)),
            (_("Requirements verified"), _of(standing.verified, standing.requirements)),
            (_("Requirements overdue"), standing.requirements_overdue),
            (_("Measures settled"), _of(standing.settled, standing.measures)),
            (_("Measures overdue"), standing.measures_overdue),
        ],
        grids=[Grid(_("Requirements of phase 0"), columns, cells, _("No requirement of phase 0 applies."))],
    )


def _maturity(organisation: Organisation) -> Part:
    judged = maturity.of(organisation.accountable())
    if not judged:
        return Part(_("Maturity"), lead=_("The maturity was not assessed yet."))
    latest = judged[-1]
    rows = [[course.dimension.name, course.latest, course.latest_name] for course in maturity.courses([latest])]
    return Part(
        _("Maturity"),
        facts=[
            (_("Assessed on"), latest.assessed_on),
            (_("By"), latest.by),
            (_("Average"), number_format(maturity.average(latest), 1)),
            (_("Level aimed at"), latest.ambition),
        ],
        grids=[Grid(_("Level per dimension, of 5"), [_("Dimension"), _("Level"), _("Name")], rows)],
    )


# How far the algorithms are


def _figures(algorithms: QuerySet[Algorithm]) -> Part:
    counts = compliance.at_a_glance(algorithms)
    total = counts["total"]
    current = Classification.objects.current().filter(algorithm__in=algorithms).order_by()
    groups: Counter[str | None] = Counter(current.values_list("risk_group", flat=True))
    groups[None] = total - sum(groups.values())
    phases = Counter(str(row.phase) if row.phase else "–" for row in algorithms.select_related("phase").only("phase"))
    return Part(
        _("Algorithms"),
        facts=[
            (_("Algorithms"), total),
            (_("Not classified"), _of(counts["unclassified"], total)),
            (_("With something overdue"), _of(counts["overdue"], total)),
            (_("With something assigned to nobody"), _of(counts["unassigned"], total)),
            (_("Without an Accountable or a Responsible"), _of(counts["vacant"], total)),
        ],
        grids=[
            _counted(_("By risk group"), {risk_group_name(group): n for group, n in groups.items() if n}, total),
            _counted(_("By lifecycle phase"), phases, total),
        ],
    )


def _counted(caption: str, counts: Mapping[str, int], total: int) -> Grid:
    rows = [[name, _of(number, total)] for name, number in sorted(counts.items())]
    return Grid(caption, [_("What"), _("Algorithms")], rows)


def _compliance(organisation: Organisation) -> list[Part]:
    """Per law and per topic, counted over the requirements of the algorithms themselves; three queries."""
    work = RequirementAssessment.objects.current().filter(
        algorithm=OuterRef("algorithm"), requirement=OuterRef("requirement")
    )
    rows = (
        Applicability.objects.current()
        .applying()
        .filter(
            algorithm__organisation__path__startswith=organisation.path,
            requirement__in=Requirement.objects.at_algorithm_level(),
        )
    )
    met = work.met()
    counted = (
        rows.order_by()
        .values("requirement")
        .annotate(
            applies=Count("pk"),
            claimed=Count("pk", filter=Q(Exists(met))),
            verified=Count("pk", filter=Q(Exists(met.filter(verified_at__isnull=False)))),
            overdue=Count("pk", filter=Q(Exists(work.exclude(status="met").filter(due__lt=clock.today())))),
        )
    )
    per_requirement = {row.pop("requirement"): Counter(row) for row in counted}
    laws: defaultdict[str, Counter[str]] = defaultdict(Counter)
    topics: defaultdict[str, Counter[str]] = defaultdict(Counter)
    found = Requirement.objects.filter(pk__in=per_requirement).select_related("law").prefetch_related("topics")
    for requirement in found:
        counts = per_requirement[requirement.pk]
        laws[str(requirement.law or _("Of the organisation itself"))] += counts
        for topic in requirement.topics.all():
            topics[str(topic)] += counts
    lead = _("Over all algorithms together: each requirement counts once for every algorithm to which it applies.")
    return [
        Part(_("Compliance per law"), lead=lead, grids=[_per(_("Law"), laws)]),
        Part(_("Compliance per topic"), lead=lead, grids=[_per(_("Topic"), topics)]),
    ]


def _per(what: str, counts: Mapping[str, Counter[str]]) -> Grid:
    rows = [
        [
            name,
            of["applies"],
            _of(of["claimed"], of["applies"]),
            _of(of["verified"], of["applies"]),
            of["applies"] - of["claimed"],
            of["overdue"],
        ]
        for name, of in sorted(counts.items())
    ]
    columns = [what, _("Applies"), _("Claimed met"), _("Verified"), _("Open"), _("Overdue")]
    return Grid(_("Requirements that apply"), columns, rows, _("No requirement applies yet."))


def _attention(organisation: Organisation) -> Part:
    inside = {"algorithm__organisation__path__startswith": organisation.path}
    risks = Risk.objects.filter(**inside)
    rows: list[Any] = [
        [risk.algorithm, risk.title, risk.score, risk.owner, risk.accepted_until]
        for risk in risks.high().select_related("algorithm", "owner").order_by("-score", "pk")[:LISTED]
    ]
    incidents = Incident.objects.filter(**inside).open().select_related("algorithm", "handler")
    return Part(
        _("Risks, incidents and evaluations"),
        facts=[
            (_("Open risks"), risks.open().count()),
            (_("Risks accepted until a day that has passed"), risks.acceptance_over().count()),
            (_("Evaluations overdue"), Evaluation.objects.filter(**inside).overdue().count()),
        ],
        grids=[
            Grid(
                _("High risks"),
                [_("Algorithm"), _("What can go wrong"), _("Score of 25"), _("Owner"), _("Accepted until")],
                rows,
                _("There is no open risk with a score of 15 or more."),
            ),
            Grid(
                _("Open incidents"),
                [_("Algorithm"), _("What happened"), _("Seriousness"), _("Known since"), _("Handled by")],
                [
                    [row.algorithm, row.summary, row.get_seriousness_display(), row.known, row.handler]
                    for row in incidents.order_by("known", "pk")[:LISTED]
                ],
                _("There is no open incident."),
            ),
        ],
    )


def _findings(organisation: Organisation) -> Part:
    found = Finding.objects.filter(organisation__path__startswith=organisation.path).open()
    rows = [
        [row.title, row.algorithm, row.get_severity_display(), row.get_response_display(), row.owner, row.due]
        for row in found.select_related("algorithm", "owner").order_by("raised", "pk")[:LISTED]
    ]
    columns = [_("Finding"), _("Algorithm"), _("Severity"), _("Response"), _("Owner"), _("Due date")]
    return Part(
        _("Open findings"),
        facts=[(_("Open"), found.count()), (_("Without a response"), found.unanswered().count())],
        grids=[Grid(_("Open findings"), columns, rows, _("There is no open finding."))],
    )


def _vacancies(algorithms: QuerySet[Algorithm]) -> Part:
    vacant = algorithms.vacant().select_related("organisation").order_by("name", "pk")  # type: ignore[attr-defined]
    rows = [
        [
            row.name,
            row.organisation,
            _("vacant") if row.lacks_accountable else _("filled"),
            _("vacant") if row.lacks_responsible else _("filled"),
        ]
        for row in vacant[:LISTED]
    ]
    columns = [_("Algorithm"), _("Organisation"), _("Accountable"), _("Responsible")]
    grid = Grid(_("Algorithms that lack somebody"), columns, rows, _("Every algorithm has both."))
    return Part(_("Vacancies"), grids=[grid])


def _algorithms(algorithms: QuerySet[Algorithm]) -> Part:
    shown = list(algorithms.select_related("organisation", "phase", "compliance").order_by("name", "pk")[:LISTED])
    current = Classification.objects.current().filter(algorithm__in=shown)
    groups = dict(current.values_list("algorithm", "risk_group"))
    held = Responsibility.objects.filling().for_the_whole().filter(algorithm__in=shown, letter="A")
    accountable = {row.algorithm_id: row.person for row in held.select_related("person")}
    total = algorithms.count()
    rows = []
    for row in shown:
        counts = getattr(row, "compliance", None)
        claimed, verified = (
            (_of(counts.claimed, counts.applies), _of(counts.verified, counts.applies)) if counts else ("", "")
        )
        group = risk_group_name(groups.get(row.pk))
        rows.append([row.name, row.organisation, row.phase, group, accountable.get(row.pk), claimed, verified])
    columns = [_("Algorithm"), _("Organisation"), _("Phase"), _("Risk group"), _("Accountable")]
    lead = ""
    if total > LISTED:
        lead = _("The first %(n)s of %(total)s; the table of algorithms has them all.") % {"n": LISTED, "total": total}
    caption = _("Requirements claimed met and verified, of what applies")
    grid = Grid(caption, [*columns, _("Claimed met"), _("Verified")], rows, _("There is no algorithm here yet."))
    return Part(_("The algorithms"), lead=lead, grids=[grid])


def _asked(reader: User, parameters: Mapping[str, Any]) -> Document:
    visible = Organisation.objects.visible_to(reader).select_related("parent__parent__parent")
    return organisation_report(visible.get(pk=parameters["organisation"]), reader)


REPORT = Report("organisatierapport", gettext_lazy("Report on algorithm governance"), _asked)
