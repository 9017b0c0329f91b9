"""Pages with one form about a record of an algorithm, each through the verb it is given."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from governance.conflict import Conflict
from governance.forms import SeenForm, add_errors
from registry.models import Algorithm
from registry.record_forms import RecordForm
from registry.views.algorithm import tab, visible_algorithm


def visible_record(request: HttpRequest, rows: Any, pk: int, number: int, permission: str = "") -> Any:
    """The record of an algorithm that this person sees (else 404), with the permission on it (else 403)."""
    algorithm = visible_algorithm(request, pk)
    record = get_object_or_404(rows.filter(algorithm=algorithm), pk=number)
    record.algorithm = algorithm
    if permission and not request.user.has_perm(permission, record):
        raise PermissionDenied
    return record


def form_page(
    request: HttpRequest,
    algorithm: Algorithm,
    form: Any,
    verb: Callable[[Any], Any],
    *,
    here: str,
    title: str,
    button: str,
    done: str,
    parent: tuple[str, str],
    record: Any = None,
    lead: str = "",
) -> HttpResponse:
    """Shows the form, or calls the verb with it and goes to the record that the verb returns.

    `here` is the name of the tab, `parent` the (address, title) of its list, `done` the sentence afterwards with
    `%(what)s` in it. On a conflict the form stands for how the record is now, with what differs beside what was typed;
    what counts no versions raises `Conflict`.
    """
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            changed = verb(form)
        except Conflict as meanwhile:
            if not isinstance(form, SeenForm):
                raise
            current = meanwhile.current
            form.now_seen(current.version)
            context["conflict"] = current
            if isinstance(form, RecordForm):
                context["changes"] = form.differences(current)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, done % {"what": changed})
            return redirect(changed)
    context |= {"form": form, "title": title, "button": button, "parent": parent, "record": record, "lead": lead}
    return render(request, "registry/record_form.html", tab(algorithm, here, **context))
