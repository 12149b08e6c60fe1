"""Addresses of the audit log."""

from django.urls import path

from xoptweb.audit import views

urlpatterns = [
    path("audit/", views.log, name="audit"),
    path("audit/export.csv", views.export, name="audit-export"),
]
