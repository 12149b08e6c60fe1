"""Addresses of the assistant."""

from django.urls import path

from agents.views import artifacts, lists, memory, own, prompts, talking

HERE = "assistant/<int:number>/"

urlpatterns = [
    path("artifacts/", artifacts.gallery, name="artifacts"),
    path("artifacts/seen/", artifacts.seen, name="artifacts-seen"),
    path("artifacts/<int:number>/", artifacts.one, name="artifact"),
    path("artifacts/<int:number>/content/", artifacts.content, name="artifact-content"),
    path("artifacts/<int:number>/frame/", artifacts.frame, name="artifact-frame"),
    path("artifacts/<int:number>/delete/", artifacts.delete, name="artifact-delete"),
    path("assistant/", lists.assistant, name="assistant"),
    path("assistant/memory/", memory.memory, name="memory"),
    path("assistant/memory/<int:number>/", memory.one, name="memory-one"),
    path("assistant/prompts/", prompts.prompts, name="prompts"),
    path("assistant/prompts/<slug:name>/", prompts.prompt, name="prompt"),
    *(
        path(f"assistant/prompts/<slug:name>/{verb}/", prompts.change, {"verb": verb}, name=f"prompt-{verb}")
        for verb in prompts.VERBS
    ),
    path("assistant/shared/<str:key>/", talking.shared, name="conversation-shared"),
    path(HERE, talking.conversation, name="conversation"),
    path(f"{HERE}ask/", talking.ask, name="conversation-ask"),
    path(f"{HERE}cancel/", talking.cancel, name="conversation-cancel"),
    path(f"{HERE}delete/", talking.delete, name="conversation-delete"),
    path(f"{HERE}turns/<int:turn_id>/", talking.turn, name="conversation-turn"),
    path(f"{HERE}results/<int:message>/", talking.result, name="conversation-result"),
    path(f"{HERE}files/", own.files, name="conversation-files"),
    path(f"{HERE}files/<path:path>", own.file, name="conversation-file"),
    path(f"{HERE}plan/", own.plan, name="conversation-plan"),
    *(path(f"{HERE}{verb}/", talking.act, {"verb": verb}, name=f"conversation-{verb}") for verb in talking.ACTIONS),
]
