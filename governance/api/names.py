"""Names in the API are camelCase, those in the code are not."""

import re


def camel_case(name: str) -> str:
    """`risk_group` as `riskGroup`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake_case(name: str) -> str:
    """`riskGroup` as `risk_group`."""
    return re.sub(r"[A-Z]", lambda capital: f"_{capital[0].lower()}", name)
