from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("modules", "0002_skills")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="follow_up",
            field=models.JSONField(help_text="Work that is due when it has ended: name and arguments.", null=True),
        ),
    ]
