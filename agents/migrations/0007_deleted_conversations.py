from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0006_token_of_a_turn")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="deleted_at",
            field=models.DateTimeField(help_text="Nobody sees it any more; its rows are being removed.", null=True),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="agents_conversations_deleted",
            ),
        ),
    ]
