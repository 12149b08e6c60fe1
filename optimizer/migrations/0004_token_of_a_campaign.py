import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_run_code"), ("optimizer", "0003_stage_modules")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="token",
            field=models.ForeignKey(
                help_text=(
                    "By which it was asked for; modules in its stages do no more than it may. Empty: a person asked."
                ),
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.apitoken",
            ),
        ),
    ]
