"""The plan of a conversation: its tasks, and what was noted on the way."""

from django.db import models
from django.utils import timezone

from agents.models.conversation import Conversation


class Plan(models.Model):
    class State(models.TextChoices):
        PLANNING = "planning"
        EXECUTING = "executing"
        REVIEWING = "reviewing"
        COMPLETE = "complete"

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="plan")
    goal = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNING)
    updated_at = models.DateTimeField(default=timezone.now)


class PlanTask(models.Model):
    class State(models.TextChoices):
        TO_DO = "to_do", "to do"
        DOING = "doing"
        DONE = "done"
        DROPPED = "dropped"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=400)
    state = models.CharField(max_length=8, choices=State, default=State.TO_DO)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="agents_task_number")]


class PlanNote(models.Model):
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="notes")
    text = models.TextField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
