from django.db import migrations
from django.db.models import Exists, OuterRef

BATCH = 1000


def open_first_periods(apps, schema_editor):
    """Where every algorithm is now is where it has been since it was registered, as far as is known."""
    Algorithm = apps.get_model("registry", "Algorithm")
    LifecyclePeriod = apps.get_model("registry", "LifecyclePeriod")
    begun = LifecyclePeriod.objects.filter(algorithm=OuterRef("pk"))
    without = Algorithm.objects.filter(~Exists(begun)).order_by("pk")
    rows = without.values_list("pk", "phase", "status", "is_paused", "created", "created_by")
    LifecyclePeriod.objects.bulk_create(
        [
            LifecyclePeriod(
                algorithm_id=algorithm, phase_id=phase, status=status, is_paused=is_paused, since=created, by_id=by
            )
            for algorithm, phase, status, is_paused, created, by in rows
        ],
        batch_size=BATCH,
    )


def remove_first_periods(apps, schema_editor):
    """The algorithms themselves still say where they are."""
    apps.get_model("registry", "LifecyclePeriod").objects.filter(gate=None, until=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_assurance"),
    ]

    operations = [migrations.RunPython(open_first_periods, remove_first_periods)]
