"""What a person was told: to read, to follow to its record, and to choose how to hear of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from governance.forms import PreferencesForm
from governance.models import Notification
from governance.notifying import mark_read, prefer

PAGE_SIZE = 50


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    only_unread = request.GET.get("unread") == "true"
    shown = mine.unread() if only_unread else mine
    page = Paginator(shown.unread_first().select_related("organisation"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "governance/notifications.html",
        {"section": "notifications", "page": page, "only_unread": only_unread},
    )


@login_required
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Goes to what it is about, and marks it as read: only one's own, and nothing else changes."""
    mine = Notification.objects.visible_to(request.user)
    found = get_object_or_404(mine, pk=pk)
    if request.method == "GET":
        mark_read(mine.filter(pk=pk))
    here = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return redirect(found.url if here else "notifications")


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    get_object_or_404(mine, pk=pk)
    mark_read(mine.filter(pk=pk))
    messages.success(request, _("The notification is marked as read."))
    return redirect("notifications")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    number = mark_read(Notification.objects.visible_to(request.user))
    messages.success(
        request,
        ngettext("%d notification is marked as read.", "%d notifications are marked as read.", number) % number,
    )
    return redirect("notifications")


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Which e-mails the person gets, and how often."""
    form = PreferencesForm(
        request.POST or None, initial={"digest": request.user.digest, "muted_kinds": request.user.muted_kinds}
    )
    if request.method == "POST" and form.is_valid():
        prefer(request.user, **form.cleaned_data)
        messages.success(request, _("Your choice is saved."))
        return redirect("notification-preferences")
    return render(request, "governance/notification_preferences.html", {"section": "notifications", "form": form})
