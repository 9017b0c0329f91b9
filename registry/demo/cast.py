"""Who and what the demo's files name, and acting on behalf of the people in them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.models import DecisionTree, LifecyclePhase, Organisation, User

FOLDER: Path = settings.BASE_DIR / "fixtures" / "demo"

Steps = list[dict[str, Any]]


class DemoError(Exception):
    """The demo organisation cannot be built; the message says why and what to do."""


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    """Turns what cannot be done inside into a `DemoError` that says where in the files it stands."""
    place: dict[str, Any] = {"file": path.relative_to(FOLDER), "what": what}
    try:
        yield
    except ValidationError as error:
        raise DemoError(_("%(file)s, %(what)s: %(why)s") % (place | {"why": " ".join(error.messages)})) from error
    except KeyError as error:
        raise DemoError(
            _("%(file)s, %(what)s: nothing is called %(key)s. Run `manage.py load_catalogue`, and try again.")
            % (place | {"key": error})
        ) from error


@dataclass(frozen=True)
class Cast:
    """Who and what the files name."""

    organisations: Mapping[str, Organisation]
    people: Mapping[str, User]
    phases: Mapping[str, LifecyclePhase]
    tree: DecisionTree

    @contextmanager
    def acting(self, step: dict[str, Any]) -> Iterator[tuple[User, dict[str, Any]]]:
        """The person who takes the step, and the rest of it with people, phases and dates in place of their names.

        `ago` is how many days ago the step was taken; without it, it is taken now.
        """
        by = self.people[step["by"]]
        fields = self.fields({name: value for name, value in step.items() if name not in ("by", "ago")})
        with clock.at(clock.now() - timedelta(days=step.get("ago", 0))), audit_trail.acting(by, "command"):
            yield by, fields

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = dict(values)
        if "assignee" in fields:
            fields["assignee"] = self.people[fields["assignee"]]
        if "phase" in fields:
            fields["phase"] = self.phases[fields["phase"]]
        for name in fields.keys() & {"due", "review_date"}:
            fields[name] = clock.today() + timedelta(days=fields[name])
        return fields
