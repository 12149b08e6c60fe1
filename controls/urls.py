"""Addresses of machines and channels."""

from django.urls import path

from controls import views

urlpatterns = [
    path("stop/", views.stop_everything, name="stop-everything"),
    path("machine/", views.machines, name="machines"),
    path("machine/<slug:slug>/", views.machine, name="machine"),
    path("machine/<slug:slug>/arm/", views.arm, name="machine-arm"),
    path("machine/<slug:slug>/disarm/", views.disarm, name="machine-disarm"),
    path("machine/<slug:slug>/stop/", views.stop_machine, name="machine-stop"),
    path("machine/<slug:slug>/leases/<int:lease_id>/restore/", views.bring_back, name="lease-restore"),
    path("machine/<slug:slug>/leases/<int:lease_id>/accept/", views.accept, name="lease-accept"),
    path("machine/<slug:slug>/writes/", views.writes, name="machine-writes"),
    path("machine/<slug:slug>/channels/<slug:name>/", views.channel, name="channel"),
]
