"""Builders that take only what the test is about."""

from datetime import date, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance import models as governance
from registry import models as registry


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = governance.Organisation

    name = factory.Sequence(lambda n: f"Gemeente Voorbeeld {n}")
    slug = factory.Sequence(lambda n: f"gemeente-voorbeeld-{n}")
    kind = "municipality"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = governance.User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"persoon{n}@voorbeeld.nl")
    name = factory.Sequence(lambda n: f"Persoon {n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = governance.Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = "officer"


def member(role: str, organisation: governance.Organisation | None = None) -> governance.User:
    """A person with that role, in the organisation or in one of their own."""
    return MembershipFactory(role=role, organisation=organisation or OrganisationFactory()).user


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = governance.Topic
        django_get_or_create = ["slug"]

    slug = "governance"
    title_nl = "Governance"


class PhaseFactory(DjangoModelFactory):
    class Meta:
        model = governance.LifecyclePhase
        django_get_or_create = ["number"]

    number = 2
    slug = factory.LazyAttribute(lambda phase: f"fase-{phase.number}")
    title_nl = factory.LazyAttribute(lambda phase: f"Fase {phase.number}")


class LawFactory(DjangoModelFactory):
    class Meta:
        model = governance.Law
        django_get_or_create = ["slug"]

    slug = "aia"
    title_nl = factory.LazyAttribute(lambda law: f"Wet {law.slug}")
    short_nl = factory.LazyAttribute(lambda law: law.slug.upper())


EVERY_VALUE = {
    "soort-toepassing": [
        "ai-systeem",
        "ai-systeem-voor-algemene-doeleinden",
        "ai-model-voor-algemene-doeleinden",
    ],
    "risicogroep": [
        "verboden-ai",
        "hoog-risico-ai-systeem",
        "geen-hoog-risico-ai-systeem",
        "uitzondering-van-toepassing",
    ],
    "rol-ai-act": ["aanbieder", "gebruiksverantwoordelijke", "importeur", "distributeur"],
    "transparantieverplichting": ["transparantieverplichting", "geen-transparantieverplichting"],
    "systeemrisico": ["systeemrisico", "geen-systeemrisico", "niet-van-toepassing"],
    "open-source": ["open-source", "geen-open-source", "niet-van-toepassing"],
}


class RequirementFactory(DjangoModelFactory):
    """A requirement of the AI Act that holds for every AI system, in phase 2; `axes` narrows it."""

    class Meta:
        model = governance.Requirement
        skip_postgeneration_save = True

    urn = factory.Sequence(lambda n: f"urn:nl:ak:ver:aia-{n + 100}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Vereiste {item.urn.rsplit(':', 1)[-1]}")
    law = factory.SubFactory(LawFactory)

    @factory.post_generation
    def phases(item, create, numbers):
        item.phases.set([PhaseFactory(number=number) for number in ([2] if numbers is None else numbers)])

    @factory.post_generation
    def axes(item, create, narrowed):
        values = {**EVERY_VALUE, **(narrowed or {})}
        governance.AxisValue.objects.bulk_create(
            governance.AxisValue(requirement=item, axis=axis, value=value) for axis in values for value in values[axis]
        )


class MeasureFactory(DjangoModelFactory):
    class Meta:
        model = governance.Measure
        skip_postgeneration_save = True

    urn = factory.Sequence(lambda n: f"urn:nl:ak:mtr:owp-{n + 100}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Maatregel {item.urn.rsplit(':', 1)[-1]}")

    @factory.post_generation
    def phases(item, create, numbers):
        item.phases.set([PhaseFactory(number=number) for number in ([2] if numbers is None else numbers)])

    @factory.post_generation
    def requirements(item, create, requirements):
        item.requirements.set(requirements or [])


class ToolFactory(DjangoModelFactory):
    class Meta:
        model = governance.Tool

    urn = factory.Sequence(lambda n: f"urn:nl:ak:hlp:hulpmiddel-{n}")
    slug = factory.LazyAttribute(lambda item: item.urn.rsplit(":", 1)[-1])
    title_nl = factory.LazyAttribute(lambda item: f"Hulpmiddel {item.urn.rsplit(':', 1)[-1]}")


class AlgorithmFactory(DjangoModelFactory):
    class Meta:
        model = registry.Algorithm

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Algoritme {n}")
    description_short = "Ordent meldingen op urgentie."


SMALL_TREE = {
    "name": "Kleine boom",
    "version": "1",
    "questions": [
        {
            "questionId": "1.1",
            "question": {"nl": "Is het AI?", "en": "Is it AI?"},
            "explanation": "",
            "category": "van_toepassing",
            "subcategory": "AI-systeem",
            "answers": [
                {"answer": {"nl": "Ja", "en": "Yes"}, "labels": ["AI-systeem"], "nextQuestionId": "1.2"},
                {"answer": {"nl": "Nee", "en": "No"}, "nextConclusionId": "11.1"},
            ],
        },
        {
            "questionId": "1.2",
            "question": {"nl": "Wat is je rol?", "en": "What is your role?"},
            "explanation": "",
            "category": "van_toepassing",
            "subcategory": "Rol",
            "answers": [
                {
                    "answer": {"nl": "Wij maken het", "en": "We make it"},
                    "labels": ["aanbieder"],
                    "nextQuestionId": "2.1",
                },
                {
                    "answer": {"nl": "Wij gebruiken het", "en": "We use it"},
                    "labels": ["gebruiksverantwoordelijke"],
                    "nextQuestionId": "2.1",
                },
            ],
        },
        {
            "questionId": "2.1",
            "question": {"nl": "Is het hoog risico?", "en": "Is it high risk?"},
            "explanation": "",
            "category": "risicogroep",
            "subcategory": "Risico",
            "answers": [
                {"answer": {"nl": "Ja", "en": "Yes"}, "labels": ["hoog-risico AI"], "nextConclusionId": "12.0"},
                {"answer": {"nl": "Nee", "en": "No"}, "labels": ["geen hoog-risico AI"], "nextConclusionId": "12.1"},
            ],
        },
    ],
    "conclusions": [
        {"conclusionId": "11.1", "conclusion": {"nl": "Geen AI", "en": "No AI"}, "obligation": "Geen."},
        {"conclusionId": "12.0", "conclusion": {"nl": "Hoog risico", "en": "High risk"}, "obligation": "Veel."},
        {
            "conclusionId": "12.1",
            "conclusion": {"nl": "Geen hoog risico", "en": "No high risk"},
            "obligation": "Weinig.",
        },
    ],
}


class DecisionTreeFactory(DjangoModelFactory):
    """The current tree, of three questions: is it AI, which role, is it high risk."""

    class Meta:
        model = governance.DecisionTree

    source = "built-in"
    name = "Kleine boom"
    version = "1"
    fingerprint = factory.Sequence(lambda n: f"{n:064d}")
    content = SMALL_TREE
    is_current = True


class PolicyFactory(DjangoModelFactory):
    class Meta:
        model = governance.Policy

    organisation = factory.SubFactory(OrganisationFactory)
    kind = "guideline"
    title = factory.Sequence(lambda n: f"Beleid {n}")
    slug = factory.LazyAttribute(lambda policy: policy.title.lower().replace(" ", "-"))


class PolicyVersionFactory(DjangoModelFactory):
    """A version in any status; what was adopted holds since a month and is looked at again in a year."""

    class Meta:
        model = governance.PolicyVersion
        skip_postgeneration_save = True

    policy = factory.SubFactory(PolicyFactory)
    number = factory.LazyAttribute(lambda version: version.policy.versions.count() + 1)
    status = "draft"
    body = "Wij leggen uit wat een algoritme doet."

    class Params:
        was_adopted = factory.LazyAttribute(lambda version: version.status in ("adopted", "superseded"))

    adopted_at = factory.LazyAttribute(lambda version: timezone.now() if version.was_adopted else None)
    authority = factory.LazyAttribute(lambda version: "Het college" if version.was_adopted else "")
    in_force_from = factory.LazyAttribute(lambda version: days_from_now(-30) if version.was_adopted else None)
    review_date = factory.LazyAttribute(lambda version: days_from_now(365) if version.was_adopted else None)

    @factory.post_generation
    def authors(version, create, people):
        version.authors.set(people or [])


def days_from_now(number: int) -> date:
    return timezone.localdate() + timedelta(days=number)
