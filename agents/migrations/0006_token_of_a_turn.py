import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_run_code"),
        ("agents", "0005_prompts_and_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="api_token",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.apitoken"
            ),
        ),
    ]
