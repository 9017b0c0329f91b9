"""Which incidents must be reported, to whom and by when: the rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from governance import clock
from registry.reporting_duties import Facts, duties, is_not_for_the_ai_act, is_undetermined

KNOWN = datetime(2028, 3, 1, 14, 30, tzinfo=UTC)
PROVIDER, DEPLOYER = frozenset({"aanbieder"}), frozenset({"gebruiksverantwoordelijke"})


def found(**facts):
    return {one.duty: one.deadline - KNOWN for one in duties(Facts(KNOWN, **facts)) if one.is_in_force}


@pytest.mark.parametrize(
    ("harm", "days"),
    [("health", 15), ("rights", 15), ("property", 15), ("death", 10), ("infrastructure", 2), ("widespread", 2)],
)
def test_a_provider_of_high_risk_ai_reports_a_serious_incident_within_the_term_of_its_harm(harm, days):
    assert found(harm=harm, is_high_risk=True, roles=PROVIDER) == {"ai_act_73": timedelta(days=days)}


def test_a_deployer_of_high_risk_ai_tells_the_provider_within_a_day():
    assert found(harm="death", is_high_risk=True, roles=DEPLOYER) == {"ai_act_26": timedelta(days=1)}


def test_who_is_both_has_both_duties_and_so_has_who_has_no_role_in_the_classification():
    both = {"ai_act_26": timedelta(days=1), "ai_act_73": timedelta(days=15)}

    assert found(harm="rights", is_high_risk=True, roles=PROVIDER | DEPLOYER) == both
    assert found(harm="rights", is_high_risk=True) == both
    assert found(harm="rights", is_high_risk=True, roles=frozenset({"importeur"})) == {}


@pytest.mark.parametrize(
    "facts", [{"harm": "none", "is_high_risk": True}, {"harm": "death"}, {"harm": "death", "is_classified": False}]
)
def test_without_harm_or_high_risk_ai_the_ai_act_asks_for_no_report(facts):
    assert found(roles=PROVIDER, **facts) == {}


@pytest.mark.parametrize(
    ("data_breach", "expected"),
    [
        ("none", {}),
        ("unlikely", {}),
        ("risk", {"gdpr_33": timedelta(hours=72)}),
        ("high_risk", {"gdpr_33": timedelta(hours=72), "gdpr_34": timedelta(hours=72)}),
    ],
)
def test_a_breach_of_personal_data_is_reported_within_72_hours_when_there_is_a_risk(data_breach, expected):
    assert found(data_breach=data_breach) == expected


def test_the_72_hours_are_hours_also_when_the_clock_changes():
    known = datetime(2028, 3, 24, 20, 0, tzinfo=UTC)  # in the night of the 25th summer time begins

    assert duties(Facts(known, data_breach="risk"))[0].deadline == datetime(2028, 3, 27, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "later"), [(date(2028, 3, 1), None), (date(2028, 3, 2), date(2028, 3, 2)), (None, None)]
)
def test_a_duty_that_begins_later_is_named_with_its_day(begins, later):
    facts = Facts(KNOWN, harm="rights", is_high_risk=True, roles=PROVIDER, begins={"ai_act_73": begins})

    assert [(one.duty, one.begins, one.is_in_force) for one in duties(facts)] == [("ai_act_73", later, later is None)]


def test_only_harm_leaves_something_undetermined_while_nobody_classified():
    assert is_undetermined(Facts(KNOWN, harm="death", is_classified=False))
    assert not is_undetermined(Facts(KNOWN, harm="death"))
    assert not is_undetermined(Facts(KNOWN, data_breach="risk", is_classified=False))


def test_every_duty_names_its_article_in_both_languages():
    facts = [
        Facts(KNOWN, harm=harm, is_high_risk=True, data_breach="high_risk")
        for harm in ("death", "widespread", "health")
    ]
    for language, words in (("nl", ("AI-verordening art.", "AVG art.")), ("en", ("AI Act art.", "GDPR art."))):
        with translation.override(language):
            reasons = {one.reason for each in facts for one in duties(each)}
        assert len(reasons) == 6
        assert all(any(word in reason for word in words) for reason in reasons)


def test_harm_by_what_is_no_high_risk_ai_is_said_to_need_no_report_under_the_ai_act():
    harmful = Facts(known=clock.now(), harm="rights")

    assert is_not_for_the_ai_act(harmful)
    assert not is_not_for_the_ai_act(replace(harmful, is_high_risk=True))
    assert not is_not_for_the_ai_act(replace(harmful, is_classified=False))
    assert not is_not_for_the_ai_act(replace(harmful, harm="none"))
