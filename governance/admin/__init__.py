"""The administration pages at /beheer/, for staff: every record, under the rights of the pages."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from governance.admin import catalogue, governing, people
from governance.admin.register_admin import RegisterAdmin, ViewOnlyAdmin, VisibleFilter, visible_rows

admin.site.site_header = _("Administration of the algorithm register")
admin.site.site_title = _("Algorithm register")
admin.site.index_title = _("What is recorded")

__all__ = ["RegisterAdmin", "ViewOnlyAdmin", "VisibleFilter", "catalogue", "governing", "people", "visible_rows"]
