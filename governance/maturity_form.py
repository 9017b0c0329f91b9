"""The form of a maturity self-assessment: a level for every dimension, with what supports it."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock, maturity
from governance.forms import DateInput
from governance.models import MaturityAssessment


class MaturityForm(forms.Form):
    """Earlier levels are not filled in beforehand: each is a new judgement, made on what is there now."""

    assessed_on = forms.DateField(
        label=gettext_lazy("Assessed on"),
        widget=DateInput(),
        help_text=gettext_lazy("The day of the conversation. Judging again on one day replaces what was judged then."),
    )

    def __init__(self, *args: Any, latest: MaturityAssessment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model, before = maturity.model(), latest.levels if latest else {}
        self.initial["assessed_on"] = clock.today()
        for dimension in model.dimensions:
            level = before.get(dimension.code)
            asked = dimension.question
            if level:
                last_time = _("Last time: %(level)d, %(name)s.") % {"level": level, "name": model.level_name(level)}
                asked = f"{asked} {last_time}"
            self.fields[dimension.code] = forms.TypedChoiceField(
                label=dimension.name,
                help_text=asked,
                coerce=int,
                choices=[
                    (number, format_html("<strong>{}. {}</strong><br>{}", number, model.level_name(number), text))
                    for number, text in dimension.levels
                ],
                widget=forms.RadioSelect,
                error_messages={"required": gettext_lazy("Choose one of the levels.")},
            )
            self.fields[f"note-{dimension.code}"] = forms.CharField(
                label=_("What supports this: %(dimension)s") % {"dimension": dimension.name},
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.fields["ambition"] = forms.TypedChoiceField(
            label=gettext_lazy("Level aimed at"),
            coerce=int,
            empty_value=None,
            required=False,
            choices=[("", _("Not chosen")), *((number, f"{number}. {name}") for number, name in model.levels)],
            help_text=gettext_lazy("Where the organisation wants to be. The highest level is not always needed."),
        )
        self.initial["ambition"] = latest.ambition if latest else None
        self.fields["summary"] = forms.CharField(
            label=gettext_lazy("What we will do"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=gettext_lazy("The most important steps until the next time, and who takes them."),
        )

    def values(self) -> dict[str, Any]:
        """What the verb wants."""
        codes = [dimension.code for dimension in maturity.model().dimensions]
        given = self.cleaned_data
        return {
            "levels": {code: given[code] for code in codes},
            "notes": {code: given[f"note-{code}"] for code in codes},
            "ambition": given["ambition"],
            "summary": given["summary"],
            "assessed_on": given["assessed_on"],
        }
