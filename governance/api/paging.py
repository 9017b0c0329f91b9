from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class PagePagination(PageNumberPagination):
    """Pages of at most 200 rows; a size that cannot be is an error instead of another size."""

    page_size_query_param = "pageSize"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get("pageSize")
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:10]) <= self.max_page_size):
            raise ValidationError({"pageSize": [_("Choose a number from 1 to %d.") % self.max_page_size]})
        return int(asked)
