from django.db import migrations, models

from governance import audit_guards
from governance.audit_chain import hash_of, key_of

BATCH = 1000


def put_up(apps, schema_editor):
    audit_guards.put_up(schema_editor.connection)


def take_away(apps, schema_editor):
    audit_guards.take_away(schema_editor.connection)


def seal_what_is_there(apps, schema_editor):
    """Gives the events that were written before there were chains their place, in the order in which they were."""
    Chain, Event, Seal = (apps.get_model("governance", name) for name in ("AuditChain", "AuditEvent", "AuditSeal"))
    chains, last = {chain.organisation_id: chain for chain in Chain.objects.order_by()}, 0
    while batch := list(Event.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        sealed = set(Seal.objects.filter(event__in=batch).order_by().values_list("event", flat=True))
        seals, grown = [], {}
        for event in batch:
            if event.pk in sealed:
                continue
            owner = event.organisation_id
            if owner not in chains:
                chains[owner] = Chain.objects.create(key=key_of(owner), organisation_id=owner)
            chain = grown[owner] = chains[owner]
            chain.length += 1
            chain.head = hash_of(chain.head, chain.length, event)
            seals.append(Seal(event=event, chain=chain, number=chain.length, hash=chain.head))
        Seal.objects.bulk_create(seals, batch_size=500)
        for chain in grown.values():
            chain.save(update_fields=["length", "head"])


class Migration(migrations.Migration):
    dependencies = [("governance", "0006_tool_risk")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["-moment", "-id"], name="auditevent_newest_first"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["request_id"], name="auditevent_of_request"),
        ),
        migrations.RunPython(put_up, take_away),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
    ]
