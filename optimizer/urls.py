"""Addresses of campaigns."""

from django.urls import path

from optimizer.views import detail, environments, exports, lists, new, revise, steering

urlpatterns = [
    path("environments/", environments.environments, name="environments"),
    path("environments/<slug:slug>/", environments.environment, name="environment"),
    path("environments/<slug:slug>/stages/", environments.switch, name="environment-switch"),
    path("environments/<slug:slug>/policy/", environments.policy, name="environment-policy"),
    path("environments/<slug:slug>/install/", environments.install, name="environment-install"),
    path("campaigns/", lists.campaigns, name="campaigns"),
    path("campaigns/new/", new.new, name="campaign-new"),
    path("campaigns/new/understood/", new.understood, name="campaign-understood"),
    path("campaigns/<int:campaign_id>/", detail.evaluations, name="campaign"),
    path("campaigns/<int:campaign_id>/trace/", detail.trace, name="campaign-trace"),
    path("campaigns/<int:campaign_id>/writes/", detail.writes, name="campaign-writes"),
    path("campaigns/<int:campaign_id>/configuration/", detail.configuration, name="campaign-configuration"),
    path("campaigns/<int:campaign_id>/analysis/", detail.analysis, name="campaign-analysis"),
    path("campaigns/<int:campaign_id>/audit/", detail.audit, name="campaign-audit"),
    path("campaigns/<int:campaign_id>/revise/", revise.revise, name="campaign-revise"),
    path("campaigns/<int:campaign_id>/chart.json", detail.chart, name="campaign-chart"),
    path("campaigns/<int:campaign_id>/evaluations.csv", exports.evaluations_csv, name="campaign-csv"),
    path("campaigns/<int:campaign_id>/evaluations.yaml", exports.evaluations_yaml, name="campaign-yaml"),
    path("campaigns/<int:campaign_id>/keep/", exports.keep, name="campaign-keep"),
    *(
        path(f"campaigns/<int:campaign_id>/{verb}/", steering.steer, {"verb": verb}, name=f"campaign-{verb}")
        for verb in steering.STEERING
    ),
]
