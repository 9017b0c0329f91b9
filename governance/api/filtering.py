from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from governance.api.names import camel_case, snake_case

PAGING = {"page", "pageSize"}


class QueryBackend(DjangoFilterBackend):
    """Filters lists by the FilterSets of the pages, under camelCase names; refuses what is no parameter of the list."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if getattr(view, "detail", False):
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        names = {camel_case(name) for name in filterset_class.base_filters} if filterset_class else set()
        unknown = [name for name in request.query_params if name not in names | PAGING]
        if unknown:
            known = ", ".join(sorted(names | PAGING))
            raise ValidationError({name: [_("Unknown; choose from %s.") % known] for name in unknown})
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise ValidationError({camel_case(name): list(reasons) for name, reasons in filterset.errors.items()})
        return filterset.qs

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        data = QueryDict(mutable=True)
        for name, values in request.query_params.lists():
            data.setlist(snake_case(name), [snake_case(value) for value in values] if name == "sort" else values)
        return {"data": data, "queryset": queryset, "request": request}
