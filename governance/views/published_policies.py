"""What organisations chose to publish of their policies. Needs no account."""

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from governance import stored_files
from governance.models import Policy, PolicyVersion

PAGE_SIZE = 50


def index(request: HttpRequest) -> HttpResponse:
    published = Policy.objects.published().select_related("organisation").order_by("organisation__name", "title", "pk")
    page = Paginator(published, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "governance/published_policies.html", {"page": page})


def policy(request: HttpRequest, organisation: str, policy: str) -> HttpResponse:
    version = _version(organisation, policy)
    context = {
        "policy": version.policy,
        "organisation": version.policy.organisation,
        "version": version,
        "attachments": version.attachments.current().select_related("stored_file"),
    }
    return render(request, "governance/published_policy.html", context)


def attachment(request: HttpRequest, organisation: str, policy: str, pk: int) -> FileResponse:
    attachments = _version(organisation, policy).attachments.current().select_related("stored_file")
    return stored_files.download(get_object_or_404(attachments, pk=pk))


def _version(organisation: str, policy: str) -> PolicyVersion:
    """The version in force of the published policy at this address, or 404."""
    versions = PolicyVersion.objects.in_force().filter(policy__in=Policy.objects.published().order_by().values("pk"))
    versions = versions.select_related("policy__organisation")
    return get_object_or_404(versions, policy__organisation__slug=organisation, policy__slug=policy)
