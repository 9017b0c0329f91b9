"""The past of the demo: on which day each step was taken, spread over the time since a record began.

The files say when it began (`ago`, in days) and, where work on it stopped, how long ago that was (`last`). Classified
soon after, it is worked on measure by measure and then requirement by requirement, in the order of the file; the steps
about one of them keep their order. A step that names its own `ago` was taken then.
"""

from collections.abc import Mapping
from typing import Any

from registry.demo.cast import Steps

LAST = 6
"""How many days ago the last step was taken, unless the file says otherwise."""
CLASSIFIED, MEASURES, REQUIREMENTS, DONE = 0.97, 0.94, 0.78, 0.0
"""How much of the time was still to come when each of these began, and when the last of them was done."""
PAUSE = 12
"""How many days lie between two steps about the same subject, where there is room."""


def told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with every step on its day; as it is where the file does not say when it began."""
    if "ago" not in entry:
        return dict(entry)
    began, last = entry["ago"], entry.get("last", LAST)

    def ago(share: float) -> int:
        return last + round((began - last) * share)

    dated: dict[str, Any] = {name: value for name, value in entry.items() if name not in ("ago", "last")}
    if "fields" in entry:
        dated["fields"] = {**entry["fields"], "ago": began}
    if "classifications" in entry:
        dated["classifications"] = [{"ago": ago(CLASSIFIED), **step} for step in entry["classifications"]]
    for name, first, final in (("measures", MEASURES, REQUIREMENTS), ("requirements", REQUIREMENTS, DONE)):
        if name in entry:
            dated[name] = _spread(entry[name], ago(first), ago(final))
    return dated


def _spread(work: Mapping[str, Any], first: int, last: int) -> dict[str, Steps]:
    """code → its steps, the first code begun `first` days ago, and no step later than `last` days ago."""
    by_code = [(code, steps) for codes, steps in work.items() for code in codes.split(", ")]
    spread: dict[str, Steps] = {}
    for place, (code, given) in enumerate(by_code):
        steps = given if isinstance(given, list) else [given]
        begun = max(first - (first - last) * place // len(by_code), last + len(steps) - 1)
        pause = min(PAUSE, (begun - last) // max(len(steps) - 1, 1))
        spread.setdefault(code, []).extend({"ago": begun - pause * number, **step} for number, step in enumerate(steps))
    return spread
