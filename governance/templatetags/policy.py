from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from governance import rich_text
from governance.models import PolicyVersion

register = template.Library()

LOOKS = {
    "draft": ("", "○"),
    "in_review": ("warn", "◐"),
    "adopted": ("good", "✓"),
    "superseded": ("", "→"),
    "withdrawn": ("", "–"),
}


@register.simple_tag
def version_badge(version: PolicyVersion) -> SafeString:
    """The status of a version as a sign, a word and a colour; of an adopted one also whether it holds yet."""
    look, sign = LOOKS[version.status]
    words = version.get_status_display()
    if version.is_in_force and version.status == PolicyVersion.Status.SUPERSEDED:
        words = _("%(status)s, still in force") % {"status": words}
    elif version.is_in_force:
        words = _("%(status)s, in force") % {"status": words}
    elif version.status == PolicyVersion.Status.ADOPTED:
        words = _("%(status)s, not yet in force") % {"status": words}
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', look, sign, words)


@register.filter
def rich_below(text: str, level: int) -> SafeString:
    """Markdown as safe HTML, its headings beginning below one of this level."""
    return rich_text.render(text or "", top=level + 1)
