from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0003_algorithm_by_lower_name'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='measurestatus',
            index=models.Index(condition=models.Q(('due__isnull', False), ('until', None)), fields=['due'], name='measurestatus_by_due'),
        ),
        migrations.AddIndex(
            model_name='requirementassessment',
            index=models.Index(condition=models.Q(('due__isnull', False), ('until', None)), fields=['due'], name='assessment_by_due'),
        ),
        migrations.AddIndex(
            model_name='requirementassessment',
            index=models.Index(condition=models.Q(('status', 'met'), ('until', None), ('verified_at', None)), fields=['algorithm'], name='assessment_unverified'),
        ),
    ]
