"""Addresses of the approvals."""

from django.urls import path

from xoptweb.approvals import views

urlpatterns = [
    path("approvals/", views.queue, name="approvals"),
    path("approvals/<int:approval_id>/", views.detail, name="approval"),
    path("approvals/<int:approval_id>/decide/", views.decide, name="approval-decide"),
    path("approvals/<int:approval_id>/withdraw/", views.withdraw, name="approval-withdraw"),
]
