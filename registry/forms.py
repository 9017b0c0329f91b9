import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import work_forms
from governance.forms import DateInput, LinkLines, SeenForm, name_the_blank
from governance.models import Fact, LifecyclePhase, Objective, Organisation, User
from governance.permissions import REGISTRAR
from registry.models import Algorithm, AlgorithmTheme, MeasureStatus, RequirementAssessment


def registrable(user: User) -> Any:
    """The organisations in which this person may register algorithms."""
    return Organisation.objects.where_member_holds(user, REGISTRAR)


class RegisterForm(forms.ModelForm):
    """The short form: enough to begin, everything else can follow."""

    class Meta:
        model = Algorithm
        fields = [
            "name", "description_short", "organisation", "department", "phase", "status", "acquisition",
            "contact_email",
        ]  # fmt: skip
        widgets = {"description_short": forms.Textarea(attrs={"rows": 4}), "contact_email": forms.TextInput()}
        labels = {"description_short": gettext_lazy("What it does"), "contact_email": gettext_lazy("Contact")}
        help_texts = {
            "name": gettext_lazy("A name people recognise, preferably with a verb: what does the algorithm do?"),
            "description_short": gettext_lazy(
                "Two or three sentences: what goes in, what comes out, what it is used for."
            ),
            "department": gettext_lazy("The part of the organisation that uses it."),
            "phase": gettext_lazy("Where the algorithm is now in its life. From here on, decisions move it."),
            "status": gettext_lazy("Whether people work with it already."),
            "acquisition": gettext_lazy(
                "Measures about buying are recommended only for what is not developed in-house."
            ),
            "contact_email": gettext_lazy("An e-mail address or web page for questions about this algorithm."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = registrable(user)
        self.fields["organisation"].queryset = organisations
        self.fields["phase"].queryset = LifecyclePhase.objects.filter(number__gt=0)
        self.fields["phase"].required = True
        self.fields["contact_email"].required = True
        name_the_blank(self, gettext_lazy("Choose…"))
        if (only := organisations[:2]) and len(only) == 1:
            self.fields["organisation"].initial = only[0]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if len(name) > 100:
            raise ValidationError(_("Use at most 100 characters; this has %(n)d.") % {"n": len(name)})
        return name


YEAR_AND_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


DESCRIPTION = [
    (
        gettext_lazy("General information"),
        ["name", "description_short", "department", "phase", "themes", "status", "begin_date", "end_date",
         "publication_category", "contact_email", "website", "url"],
    ),
    (
        gettext_lazy("Responsible use"),
        ["goal", "proportionality", "human_intervention", "risks", "lawful_basis", "lawful_basis_grouping",
         "process_index_url", "impacttoetsen", "impacttoetsen_grouping"],
    ),
    (
        gettext_lazy("Operations"),
        ["source_data", "source_data_grouping", "methods_and_models", "provider", "publiccode"],
    ),
    (
        gettext_lazy("Management"),
        ["acquisition", "review_date", "objectives", "complaints_procedure", "questions_contact", "source_id",
         "tags"],
    ),
]  # fmt: skip
"""The fields of a description in the groups of the publication standard, and what is for our own management."""
DECIDED = ("phase", "status")
"""What belongs to the description and is changed by decisions only; see `registry.gates`."""


class DescriptionForm(SeenForm, forms.ModelForm):
    """Everything about an algorithm, in the groups of the publication standard 1.0."""

    themes = forms.MultipleChoiceField(
        label=gettext_lazy("Themes"),
        choices=AlgorithmTheme.Theme.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    lawful_basis_grouping = LinkLines(label=gettext_lazy("Links to legal bases"), address="link")
    impacttoetsen_grouping = LinkLines(
        label=gettext_lazy("Impact assessments"),
        address="link",
        help_text=gettext_lazy("One on a line, such as a DPIA or IAMA; the address is optional."),
    )
    source_data_grouping = LinkLines(label=gettext_lazy("Links to data sources"), address="link")

    class Meta:
        model = Algorithm
        fields = [name for _title, names in DESCRIPTION for name in names if name not in ("themes", *DECIDED)]
        widgets = {
            "review_date": DateInput(),
            "objectives": forms.CheckboxSelectMultiple(),
            **{
                name: forms.TextInput()
                for name in ("contact_email", "website", "url", "process_index_url", "provider", "publiccode", "tags")
            },
        }
        help_texts = {
            "goal": gettext_lazy("Why the organisation uses it, and what it means for people and businesses."),
            "proportionality": gettext_lazy(
                "The advantages and disadvantages that were weighed, and the alternatives."
            ),
            "human_intervention": gettext_lazy("How people check the outcome and can change it."),
            "risks": gettext_lazy("Which risks there are and what is done about them."),
            "lawful_basis": gettext_lazy("The law that lets the organisation do this."),
            "source_data": gettext_lazy("Which data go in and where they come from."),
            "methods_and_models": gettext_lazy("How it works, so that somebody with knowledge can follow it."),
            "process_index_url": gettext_lazy("The address of the processing in the register of art. 30 GDPR."),
            "source_id": gettext_lazy("Your own number for this algorithm in another system."),
            "objectives": gettext_lazy("What the organisation wants, that this algorithm contributes to."),
            "review_date": gettext_lazy("When this record has to be looked at again."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_the_blank(self, gettext_lazy("Not known yet"))
        self.initial["seen"] = self.instance.version
        self.initial["themes"] = [row.theme for row in self.instance.themes.all()]
        theirs = Objective.objects.for_organisation(self.instance.organisation)
        served = theirs.filter(pk__in=self.instance.objectives.values("pk"))
        self.fields["objectives"].queryset = (theirs.in_force() | served).order_by("kind", "name", "pk")

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names if name not in DECIDED]) for title, names in DESCRIPTION]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("begin_date", "end_date"):
            if cleaned.get(name) and not YEAR_AND_MONTH.match(cleaned[name]):
                self.add_error(name, _("Write a year and a month, such as 2026-03."))
        begin, end = cleaned.get("begin_date"), cleaned.get("end_date")
        if begin and end and not self.has_error("begin_date") and not self.has_error("end_date") and end < begin:
            self.add_error("end_date", _("The end date lies before the begin date."))
        return cleaned

    def validate_constraints(self) -> None:
        """Checked by the verb, on the row as it then stands."""


class AnswerForm(forms.Form):
    """One question of the decision aid."""

    question = forms.CharField(widget=forms.HiddenInput)
    choice = forms.TypedChoiceField(
        coerce=int, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choose one of the answers.")}
    )

    def __init__(self, *args: Any, question: Any, chosen: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].label = question.text
        self.fields["choice"].choices = [(n, answer.text) for n, answer in enumerate(question.answers)]
        self.initial |= {"question": question.number, "choice": chosen}


FACT_HELP = {
    Fact.PERSONAL_DATA: gettext_lazy(
        "Data about a person who can be recognised, also by a number or number plate (art. 4 GDPR)."
    ),
    Fact.SPECIAL_CATEGORIES: gettext_lazy(
        "Such as health, origin, religion, union membership or biometric data (art. 9 GDPR)."
    ),
    Fact.AUTOMATED_DECISIONS: gettext_lazy("Without a person who can really change the outcome (art. 22 GDPR)."),
    Fact.PUBLIC_LAW_DECISION: gettext_lazy("A permit, benefit, fine or other decision to which the Awb applies."),
    Fact.OTHERS_WORKS: gettext_lazy("Texts, images, software or databases that others hold the rights to."),
}


class FactsForm(forms.Form):
    """The facts of the other laws; each may be left unanswered."""

    ANSWERS = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")), ("", gettext_lazy("Not known yet"))]

    def __init__(self, *args: Any, known: dict[str, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for fact, help_text in FACT_HELP.items():
            self.fields[fact.value] = forms.ChoiceField(
                label=fact.label,
                help_text=help_text,
                choices=self.ANSWERS,
                required=False,
                widget=forms.RadioSelect,
                initial={True: "yes", False: "no"}.get(known.get(fact.value), ""),
            )

    def facts(self) -> dict[str, bool]:
        return {name: answer == "yes" for name, answer in self.cleaned_data.items() if answer}


class AssessmentForm(work_forms.AssessmentForm):
    class Meta(work_forms.AssessmentForm.Meta):
        model = RequirementAssessment


class MeasureForm(work_forms.MeasureForm):
    class Meta(work_forms.MeasureForm.Meta):
        model = MeasureStatus


class OverruleForm(forms.Form):
    """Stands beside the form of the work itself; the ids of its fields are its own."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=gettext_lazy("What do you decide?"),
        choices=[
            ("applies", gettext_lazy("The requirement applies")),
            ("does_not_apply", gettext_lazy("The requirement does not apply")),
            ("rule", gettext_lazy("Follow the rule")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        help_text=gettext_lazy(
            "Needed when you depart from the rule. It is shown with the outcome and kept in the audit trail."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="overrule_%s", **kwargs)
