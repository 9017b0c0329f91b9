"""Bringing a catalogue into the database: a release of the Algoritmekader, or what comes with the application.

It is compared with what is there and only what differs is written, in one transaction.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from django.db import transaction

from governance import audit_trail, built_in_catalogue, catalogue_events
from governance.catalogue_comparison import Comparison, Report
from governance.framework_release import Catalogue, read_release
from governance.models import FrameworkRelease

after_import: list[Callable[[FrameworkRelease, set[int], set[int]], list[str]]] = []
"""Called in the transaction with the requirements and measures (primary keys) that were added, withdrawn or changed in
a way that matters to algorithms; each returns the names of the algorithms that this touches."""


def import_framework(path: Path, *, name: str = "", dry_run: bool = False) -> Report:
    """Imports the release of the Algoritmekader at `path`. Raises `FrameworkError`, with nothing changed."""
    catalogue = read_release(path)
    place = path.resolve()
    return bring_in(catalogue, name=name or (place.name if place.is_dir() else place.stem), dry_run=dry_run)


def load_built_in() -> Report | None:
    """Loads the catalogue that comes with the application; None where the latest load was of the same files."""
    latest = FrameworkRelease.objects.filter(source=FrameworkRelease.Source.BUILT_IN).first()
    if latest and latest.fingerprint == built_in_catalogue.fingerprint():
        return None
    return bring_in(built_in_catalogue.read_built_in(), name=built_in_catalogue.NAME)


def bring_in(catalogue: Catalogue, *, name: str, dry_run: bool = False) -> Report:
    """Compares the catalogue with the database and writes what differs, or on a dry run only tells.

    A release is recorded unless it is the latest of its source and nothing differs. Raises `FrameworkError`.
    """
    with transaction.atomic():
        releases = list(FrameworkRelease.objects.select_for_update())  # one import at a time
        latest = next((release for release in releases if release.source == catalogue.source), None)
        comparison = Comparison(catalogue)
        report = comparison.report
        is_latest = latest is not None and latest.fingerprint == catalogue.fingerprint
        if report.finds_differences or not is_latest:
            release = FrameworkRelease(source=catalogue.source, name=name[:100], fingerprint=catalogue.fingerprint)
            release.save()
            differences = catalogue_events.differences(comparison)
            comparison.write(release)
            touched = comparison.touched("requirement"), comparison.touched("measure")
            report.affected = sorted({name for affected in after_import for name in affected(release, *touched)})
            release.report = {**asdict(report), "counts": report.counts}
            release.save(update_fields=["report"])
            audit_trail.record("framework.imported", release, report.counts)
            catalogue_events.append(comparison, differences)
        if dry_run:
            transaction.set_rollback(True)
    return report
