import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_run_code"), ("modules", "0003_follow_up")]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="token",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.apitoken"
            ),
        ),
    ]
