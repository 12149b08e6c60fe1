"""Requests that people decide."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Approval(models.Model):
    """A request bound to the content it was shown with.

    `subject` is the generic key `app.model:pk`; `kind` names the registered handler; `digest` is the SHA-256 of
    `content` and `envelope` in canonical JSON.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        USED = "used"
        REJECTED = "rejected"
        CHANGES_REQUESTED = "changes_requested", "changes requested"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"

    TRANSITIONS = {
        State.PENDING: {
            State.APPROVED, State.REJECTED, State.CHANGES_REQUESTED, State.EXPIRED, State.WITHDRAWN,
        },
        State.APPROVED: {State.USED, State.WITHDRAWN, State.EXPIRED},
    }  # fmt: skip

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, db_index=True)
    title = models.CharField(max_length=200)
    content = models.JSONField()
    envelope = models.JSONField(null=True, help_text="What may move, where it concerns a machine.")
    digest = models.CharField(max_length=64)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    requester_may_decide = models.BooleanField(default=False)
    votes_needed = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    correlation = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title


class Vote(models.Model):
    """One person's word on one approval."""

    class Verdict(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"
        REQUEST_CHANGES = "request_changes", "request changes"

    SAID = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.REQUEST_CHANGES: "asked for changes"}

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="votes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["approval", "by"], name="approvals_one_vote_each")]

    def __str__(self) -> str:
        return f"{self.by} {self.said}"

    @property
    def said(self) -> str:
        """The verdict as a sentence about its person ends."""
        return self.SAID[self.Verdict(self.verdict)]
