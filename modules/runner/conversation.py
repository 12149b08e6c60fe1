"""One request to a module's process until its answer: what it prints and asks for on the way is passed on."""

import json
import math
import os
import select
import signal
from typing import Any

from modules.runner import isolation
from modules.runner.host import Host, NoSuchModule, Refused
from modules.runner.output import Printed
from modules.runner.process import Process
from modules.runner.results import Failed
from modules.runner.spec import MEGABYTE, Limits
from xoptweb.errors import Problem

CHUNK = 1 << 16
NO_SUCH_MODULE, REFUSED, UNKNOWN_METHOD = -32001, -32000, -32601
TOLD_BY_WRAPPER = 128
LOOK_MS = 100  # where the end of a process can only be looked for
EXIT_S = 2.0  # from the end of its pipe to that of a process


class Conversation:
    """Lives as long as one request."""

    def __init__(self, process: Process, host: Host, limits: Limits) -> None:
        self._process, self._host, self._limits = process, host, limits
        self._buffer = bytearray()
        self._searched = 0
        self._printed_bytes = 0
        self._streams = {
            process.printed: Printed("stdout", host.event),
            process.complained: Printed("stderr", host.event),
        }

    def until_answered(self, number: int) -> dict[str, Any]:
        """The answer's `result`.

        Raises:
            Failed: the module raised, ended, was killed, or broke the rules of the conversation.
        """
        ended = _pidfd(self._process.pid)
        waiting = select.poll()
        for fd in (*self._streams, self._process.from_child, *([ended] if ended is not None else [])):
            waiting.register(fd, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in waiting.poll(self._patience_ms(LOOK_MS if ended is None else None))}
                for fd in self._streams.keys() & ready:
                    if not self._print(fd):
                        waiting.unregister(fd)
                for stream in self._streams.values():
                    stream.tell_beginning()
                if self._process.from_child in ready or ended in ready:
                    answer = self._listen(number, ended in ready)
                    if answer is not None:
                        return answer
        finally:
            if ended is not None:
                os.close(ended)
            self._rest_of_prints()

    def _patience_ms(self, most: int | None) -> int | None:
        """How long to wait before the beginning of a printed line is passed on without its end."""
        waits = [stream.patience_s for stream in self._streams.values()]
        limits = [most, *(None if wait is None else math.ceil(1000 * wait) for wait in waits)]
        return min((limit for limit in limits if limit is not None), default=None)

    def _listen(self, number: int, ended: bool) -> dict[str, Any] | None:
        """Read what is there and do what it asks; the answer, when it is among it."""
        open_ended = self._read()
        while (message := self._message()) is not None:
            if "method" in message:
                self._serve(message)
            elif message.get("id") == number and "result" in message and isinstance(message["result"], dict):
                return message["result"]
            elif message.get("id") == number and isinstance(message.get("error"), dict):
                raise _raised(message["error"])
            else:
                raise self._broken("an answer that nobody asked for")
        if ended or not open_ended:
            raise self._gone()
        return None

    def _read(self) -> bool:
        """Take what the pipe holds; False at its end."""
        try:
            chunk = os.read(self._process.from_child, CHUNK)
        except BlockingIOError:
            return True
        self._buffer += chunk
        if len(self._buffer) > self._limits.message_bytes and b"\n" not in self._buffer:
            most = self._limits.message_bytes // MEGABYTE
            raise self._killed(f"The {self._process.subject} sent a single value of more than {most} MB.", "output")
        return bool(chunk)

    def _message(self) -> dict[str, Any] | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise self._broken("something that is no message") from None
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise self._broken("something that is no message")
        return message

    def _serve(self, message: dict[str, Any]) -> None:
        params = message.get("params")
        if not isinstance(params, dict):
            raise self._broken("a request without parameters")
        try:
            result = self._done(message["method"], params)
        except NoSuchModule as error:
            self._refuse(message, NO_SUCH_MODULE, str(error))
        except (Refused, Problem) as error:
            self._refuse(message, REFUSED, str(error))
        except (KeyError, TypeError) as error:
            raise self._broken(f"a request that nobody understands ({error})") from error
        else:
            if "id" in message:
                self._process.send({"id": message["id"], "result": result})

    def _done(self, method: object, params: dict[str, Any]) -> Any:
        host = self._host
        result: Any = None
        match method:
            case "event":
                host.event(str(params["kind"]), dict(params["data"]))
            case "progress":
                host.progress(params["fraction"], str(params["text"]))
            case "call_llm":
                result = host.call_llm(dict(params["request"]))
            case "chat":
                result = host.chat(dict(params["request"]))
            case "call_tool":
                result = host.call_tool(str(params["name"]), dict(params["arguments"]))
            case "artifact":
                result = host.artifact(dict(params["given"]))
            case "call_module":
                given = params["overrides"]
                result = host.call_module(
                    str(params["name"]),
                    params["input"],
                    params["context"],
                    tunables=dict(given.get("tunables") or {}),
                    configurables=dict(given.get("configurables") or {}),
                )
            case _:
                raise Refused(f"Nobody understands “{method}”.")
        return result

    def _refuse(self, message: dict[str, Any], code: int, text: str) -> None:
        if "id" in message:
            self._process.send({"id": message["id"], "error": {"code": code, "message": text}})

    def _print(self, fd: int) -> bool:
        """Pass on what is printed; False at its end."""
        try:
            chunk = os.read(fd, CHUNK)
        except BlockingIOError:
            return True
        self._printed_bytes += len(chunk)
        if self._printed_bytes > self._limits.output_mb * MEGABYTE:
            raise self._killed(
                f"The {self._process.subject} printed more than {self._limits.output_mb:g} MB.", "output"
            )
        self._streams[fd].add(chunk)
        return bool(chunk)

    def _rest_of_prints(self) -> None:
        for fd, stream in self._streams.items():
            while self._printed_bytes <= self._limits.output_mb * MEGABYTE:
                try:
                    chunk = os.read(fd, CHUNK)
                except BlockingIOError:
                    break
                if not chunk:
                    break
                self._printed_bytes += len(chunk)
                stream.add(chunk)
            stream.end()

    def _gone(self) -> Failed:
        """Why the process is no longer there."""
        if (why := self._process.why) is not None:
            return why
        ended = self._process.exit_within(EXIT_S)
        if ended is None:
            return self._broken("its end, while the module went on")
        number = _signal(ended)
        if number is None:
            return Failed(
                f"The {self._process.subject}'s process ended by itself, with exit code {ended.si_status}.", "exit"
            )
        return Failed(
            f"The {self._process.subject}'s process ended by the signal {signal.Signals(number).name}.", "exit"
        )

    def _killed(self, message: str, cause: Any) -> Failed:
        why = Failed(message, cause)
        self._process.kill(why)
        return self._process.why or why

    def _broken(self, what: str) -> Failed:
        return self._killed(
            f"The {self._process.subject} wrote into the pipe that belongs to xoptweb: {what}.", "protocol"
        )


def _signal(ended: os.waitid_result) -> int | None:
    """The signal that ended it; bubblewrap tells of one by its exit code."""
    if ended.si_code != os.CLD_EXITED:
        return ended.si_status
    number = ended.si_status - TOLD_BY_WRAPPER
    return number if isolation.bubblewrap() and number in set(signal.Signals) else None


def _raised(error: dict[str, Any]) -> Failed:
    more = error.get("data")
    traceback = more.get("traceback", "") if isinstance(more, dict) else ""
    return Failed(str(error.get("message")), "exception", str(traceback))


def _pidfd(pid: int) -> int | None:
    """Readable when the process has ended; None where there is no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
