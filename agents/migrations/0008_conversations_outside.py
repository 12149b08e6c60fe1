from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0007_deleted_conversations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="outside",
            field=models.CharField(
                help_text="Such as token:3, or host; null: a person's own.", max_length=40, null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("owner", "outside"),
                name="agents_one_for_each_outside",
            ),
        ),
    ]
