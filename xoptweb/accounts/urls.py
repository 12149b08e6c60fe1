"""Addresses of logging in and of one's own account."""

from django.urls import path

from xoptweb.accounts import views

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("confirm/", views.confirm, name="confirm"),
    path("account/", views.account, name="account"),
    path("account/tokens/", views.make_token, name="token-make"),
    path("account/tokens/<int:token_id>/revoke/", views.revoke_token, name="token-revoke"),
    path("account/password/", views.change_password, name="account-password"),
]
