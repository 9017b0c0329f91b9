"""The tour of the README, clicked through: a new organisation, from nothing to its first policy and algorithm."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from governance.models import Organisation, Policy, Position, User
from registry.models import Algorithm, RaciDefault, Responsibility

PASSWORD = "een-lang-en-eigen-wachtwoord-2026"


def log_in(page, email):
    page.goto("/inloggen/")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()


def press(page, name):
    page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def follow(page, name):
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def tab(page, *names):
    """Opens a tab of the organisation, and a page under it."""
    for name, among in zip(names, ("Over deze organisatie", *names), strict=False):
        page.get_by_role("navigation", name=among, exact=True).get_by_role("link", name=name, exact=True).click()


def accept(page, message, name):
    """Opens the link of the invitation, and chooses a name and a password."""
    page.goto(re.search(r"https?://[^/\s]+(/uitnodiging/\S+)", message.body)[1])
    page.get_by_label("Je naam").fill(name)
    for field in page.locator("main input[type=password]").all():
        field.fill(PASSWORD)
    press(page, "Uitnodiging aannemen")
    expect(page.locator("main .notice.success")).to_be_visible()


@pytest.fixture
def operator(installation):
    User.objects.create_superuser("operator@voorbeeld.nl", PASSWORD, name="Olga Operator")
    return "operator@voorbeeld.nl"


def test_a_manager_sets_up_a_new_organisation_in_one_sitting(visit, operator, mailoutbox):
    # The organisation, and its first administrator
    page = visit()
    log_in(page, operator)
    page.goto("/organisaties/toevoegen/")
    page.get_by_label("Naam", exact=True).fill("Gemeente Nergenshuizen")
    page.get_by_label("Soort").select_option(label="Gemeente")
    page.locator("[name=administrator]").fill("bea@nergenshuizen.example")
    page.locator("[name=administrator_name]").fill("Bea Beheer")
    press(page, "Toevoegen")
    expect(page.locator("main .notice").first).to_contain_text("Gemeente Nergenshuizen")
    organisation = Organisation.objects.get()
    home = f"/organisaties/{organisation.slug}/"

    # People
    bea = visit()
    accept(bea, mailoutbox[-1], "Bea Beheer")
    people = {
        "mia": ("Mia Eerste", "Manager"),
        "mart": ("Mart Tweede", "Manager"),
        "ollie": ("Ollie Ordent", "Algoritmefunctionaris"),
        "dana": ("Dana Data", "Bijdrager"),
    }
    browsers = {}
    for key, (name, role) in people.items():
        bea.goto(f"{home}leden/uitnodigen/")
        bea.get_by_label("Naam", exact=True).fill(name)
        bea.get_by_label("E-mailadres").fill(f"{key}@nergenshuizen.example")
        bea.get_by_label(role, exact=True).check()
        press(bea, "Uitnodiging versturen")
        browsers[key] = visit()
        accept(browsers[key], mailoutbox[-1], name)

    # Functions
    mia = browsers["mia"]
    mia.goto(home)
    expect(mia.locator("main")).to_contain_text("Niemand")
    tab(mia, "Mensen", "Functies")
    follow(mia, "Uit de startset")
    press(mia, "Overnemen")
    for function, person in (
        ("Chief data officer (CDO)", "Mia Eerste"),
        ("Proceseigenaar", "Mart Tweede"),
        ("Data scientist", "Dana Data"),
        ("Algoritmefunctionaris", "Ollie Ordent"),
    ):
        position = Position.objects.get(name=function)
        mia.goto(f"{home}functies/{position.pk}/toewijzen/")
        mia.get_by_label("Persoon").select_option(label=person)
        press(mia, "Toewijzen")
    mia.goto(home)
    expect(mia.locator("#responsible").locator("xpath=..")).to_contain_text("Mia Eerste")

    # Who is responsible by default
    tab(mia, "Mensen", "Standaard-RACI")
    for function, letter in (("Proceseigenaar", "A"), ("Data scientist", "R")):
        mia.locator("[name=position]").select_option(label=function)
        mia.locator(f"[name=letter][value={letter}]").check()
        press(mia, "Toevoegen")
    assert RaciDefault.objects.count() == 2

    # What the organisation stands for, and what people have to know
    tab(mia, "Governance", "Waarden")
    follow(mia, "Uit de startset")
    press(mia, "Overnemen")
    tab(mia, "Mensen", "AI-geletterdheid")
    follow(mia, "Uit de startset")
    press(mia, "Overnemen")

    # The first policy: written by one manager, adopted by the other, published
    tab(mia, "Beleid")
    follow(mia, "Beleid toevoegen")
    follow(mia, "Algoritmebeleid")
    mia.locator("main form[method=post] .actions button").last.click()
    expect(mia.locator("main")).to_contain_text("plekken om in te vullen")
    policy = Policy.objects.get()
    mia.goto(f"{policy.get_absolute_url()}versies/1/")
    follow(mia, "Tekst wijzigen")
    mia.locator("[name=body]").fill("## Wat wij doen\n\nWij leggen uit wat een algoritme doet.")
    press(mia, "Opslaan")
    press(mia, "Ter beoordeling voorleggen")
    expect(mia.locator("main")).to_contain_text("Een andere manager")
    mart = browsers["mart"]
    mart.goto("/mijn-werk/")
    mart.locator("main").get_by_role("link", name=policy.title).first.click()
    mart.goto(f"{policy.get_absolute_url()}versies/1/vaststellen/")
    mart.locator("[name=authority]").fill("Het college van burgemeester en wethouders")
    mart.locator("[name=in_force_from]").fill(timezone.localdate().isoformat())
    mart.locator("[name=review_date]").fill((timezone.localdate() + timedelta(days=365)).isoformat())
    press(mart, "Vaststellen")
    mart.goto(policy.get_absolute_url())
    press(mart, "Publiceren: laat iedereen het lezen")
    reader = visit()
    reader.goto(f"/beleid/{organisation.slug}/{policy.slug}/")
    expect(reader.locator("main")).to_contain_text("Wij leggen uit wat een algoritme doet.")

    # The first algorithm gets its responsibilities proposed
    ollie = browsers["ollie"]
    ollie.goto("/algoritmes/nieuw/")
    ollie.get_by_label("Naam", exact=True).fill("Meldingen ordenen")
    ollie.get_by_label("Wat het doet").fill("Ordent meldingen op urgentie.")
    ollie.get_by_label("Levenscyclusfase").select_option(index=1)
    ollie.get_by_label("Contact").fill("algoritmes@nergenshuizen.example")
    press(ollie, "Registreren")
    press(ollie, "Alles overnemen")
    algorithm = Algorithm.objects.get()

    held = Responsibility.objects.current().filter(algorithm=algorithm)
    assert sorted(held.values_list("letter", "person__name")) == [("A", "Mart Tweede"), ("R", "Dana Data")]
    ollie.goto(f"/algoritmes/{algorithm.pk}/verantwoordelijkheden/")
    expect(ollie.locator("main")).to_contain_text("vervuld")
