"""The Django project of xoptweb and the ground floor that every app stands on."""
